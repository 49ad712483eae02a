// The log of a container's output, in the CRI format: `<RFC 3339 time, nanoseconds> <stdout|stderr> <F|P> <bytes>\n`.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace bulkhead::init {

class CriLog {
 public:
  /** `fd`: opened O_APPEND; -1: nothing is written. */
  void open(int fd) { fd_ = fd; }
  /** One chunk of output. What does not end with a newline becomes a record with P: the line goes on in the next one. */
  void append(const char* stream, const char* bytes, size_t size);

 private:
  static constexpr size_t kCapacity = 128 * 1024;

  void stamp();
  void put(const char* bytes, size_t size);
  void flush();

  int fd_ = -1;
  uint64_t second_ = ~uint64_t{0};
  size_t size_ = 0;
  char time_[32];  // "2026-01-31T23:59:59.123456789Z "
  char buffer_[kCapacity];
};

}  // namespace bulkhead::init
