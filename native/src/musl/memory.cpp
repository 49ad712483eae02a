// malloc and operator new of bulkhead-runtime: an arena. musl's own asks the kernel for each block of some kilobytes, and
// returns it at once: half of the system calls of a command would be that. The program has one thread.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>

#include "musl/arena.h"

namespace {

constexpr std::size_t kFirstBytes = 256 * 1024;
// Only pages that are touched take memory.
alignas(4096) char first[kFirstBytes];
constinit bulkhead::musl::Arena arena(first, kFirstBytes);

void* or_error(void* block) {
  if (block == nullptr) errno = ENOMEM;
  return block;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) { return or_error(arena.allocate(size)); }
void free(void* block) { arena.release(block); }
void* realloc(void* block, std::size_t size) { return or_error(arena.resize(block, size)); }

void* calloc(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  void* block = __builtin_mul_overflow(count, size, &bytes) ? nullptr : arena.allocate(bytes);
  return block == nullptr ? or_error(nullptr) : std::memset(block, 0, bytes);
}

/** Nothing here asks for more than what malloc gives. */
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return or_error(alignment <= alignof(std::max_align_t) ? arena.allocate(size) : nullptr);
}

}  // extern "C"

void* operator new(std::size_t size) {
  void* block = arena.allocate(size);
  if (block == nullptr) std::abort();
  return block;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return arena.allocate(size); }
void operator delete(void* block) noexcept { arena.release(block); }
void operator delete[](void* block) noexcept { arena.release(block); }
void operator delete(void* block, std::size_t) noexcept { arena.release(block); }
void operator delete[](void* block, std::size_t) noexcept { arena.release(block); }
