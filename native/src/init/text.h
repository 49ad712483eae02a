// Strings without a C library: comparing, finding, numbers, and a bounded buffer to put texts together.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace bulkhead::init {

inline size_t length(const char* text) {
  size_t n = 0;
  while (text[n] != '\0') n++;
  return n;
}

inline bool equal(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) a++, b++;
  return *a == *b;
}

inline bool starts_with(const char* text, const char* prefix) {
  while (*prefix != '\0') {
    if (*text++ != *prefix++) return false;
  }
  return true;
}

/** The first `wanted` in `text`, or null. */
inline const char* find(const char* text, char wanted) {
  for (; *text != '\0'; text++) {
    if (*text == wanted) return text;
  }
  return nullptr;
}

/** Decimal digits only, at most `maximum`; false: anything else, overflow included. */
inline bool parse_number(const char* first, const char* last, uint64_t maximum, uint64_t* out) {
  if (first == last) return false;
  uint64_t value = 0;
  for (; first != last; first++) {
    if (*first < '0' || *first > '9') return false;
    const auto digit = static_cast<uint64_t>(*first - '0');
    if (value > (maximum - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *out = value;
  return true;
}

/** A text of at most Capacity − 1 bytes; what does not fit is cut, and `overflowed` says so. */
template <size_t Capacity>
class Buffer {
 public:
  Buffer& put(char c) {
    if (size_ + 1 < Capacity) {
      bytes_[size_++] = c;
    } else {
      overflowed_ = true;
    }
    bytes_[size_] = '\0';
    return *this;
  }
  Buffer& put(const char* text) {
    while (*text != '\0') put(*text++);
    return *this;
  }
  Buffer& put(const char* first, const char* last) {
    while (first != last) put(*first++);
    return *this;
  }
  Buffer& number(uint64_t value, int width = 1) {
    char digits[20];
    int n = 0;
    for (; value > 0 || n < width; value /= 10) digits[n++] = static_cast<char>('0' + value % 10);
    while (n > 0) put(digits[--n]);
    return *this;
  }
  Buffer& number(int64_t value) {
    if (value < 0) put('-');
    return number(value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value));
  }
  Buffer& number(int value) { return number(static_cast<int64_t>(value)); }
  void clear() { size_ = 0, bytes_[0] = '\0', overflowed_ = false; }

  const char* text() const { return bytes_; }
  size_t size() const { return size_; }
  bool overflowed() const { return overflowed_; }

 private:
  char bytes_[Capacity] = {};
  size_t size_ = 0;
  bool overflowed_ = false;
};

}  // namespace bulkhead::init
