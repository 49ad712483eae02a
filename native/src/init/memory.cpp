// The four functions that a freestanding compiler may call on its own. Nothing else may be undefined (check-symbols.sh).
#include <stddef.h>

extern "C" {

void* memcpy(void* __restrict to, const void* __restrict from, size_t size) {
#if defined(__x86_64__)
  void* const result = to;
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
  return result;
#else
  auto* out = static_cast<volatile char*>(to);
  for (size_t i = 0; i < size; i++) out[i] = static_cast<const char*>(from)[i];
  return to;
#endif
}

void* memmove(void* to, const void* from, size_t size) {
  auto* out = static_cast<volatile char*>(to);
  const auto* in = static_cast<const char*>(from);
  if (out <= in) return memcpy(to, from, size);
  for (size_t i = size; i > 0; i--) out[i - 1] = in[i - 1];
  return to;
}

void* memset(void* to, int value, size_t size) {
  auto* out = static_cast<volatile char*>(to);
  for (size_t i = 0; i < size; i++) out[i] = static_cast<char>(value);
  return to;
}

int memcmp(const void* a, const void* b, size_t size) {
  const auto* left = static_cast<const unsigned char*>(a);
  const auto* right = static_cast<const unsigned char*>(b);
  for (size_t i = 0; i < size; i++) {
    if (left[i] != right[i]) return left[i] - right[i];
  }
  return 0;
}

}  // extern "C"
