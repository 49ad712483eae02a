// The memory of a command that lives for milliseconds: blocks out of one region that grows. What is freed is used again for
// the next of its size class, and is never given back to the kernel. Not for several threads.
#pragma once

#include <cstddef>

namespace bulkhead::musl {

class Arena {
 public:
  /** Begins with `size` bytes at `region`, which stay the caller's; more comes from the kernel. */
  constexpr Arena(char* region, std::size_t size) : begin_(region), end_(region + size) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /** Aligned to 16. Null: there is no memory. */
  void* allocate(std::size_t size);
  /** `block`: of this arena, or null. */
  void release(void* block);
  /** As realloc(3): in place where it is the last block. */
  void* resize(void* block, std::size_t size);

 private:
  struct Free {
    Free* next;
  };
  void* take_freed(std::size_t size);
  void* take_new(std::size_t size);
  bool grow(std::size_t bytes);
  bool is_last(void* block) const;
  bool stretch(void* block, std::size_t size);

  char* begin_;
  char* end_;
  /** By size class: four to each power of two, so that at most a fifth of a block is more than was asked for. */
  Free* freed_[64 * 4] = {};
};

}  // namespace bulkhead::musl
