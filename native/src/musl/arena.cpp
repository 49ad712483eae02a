#include "musl/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace bulkhead::musl {
namespace {

/** In front of each block; its size keeps what follows aligned. */
struct alignas(16) Head {
  std::size_t size;
};

constexpr std::size_t kMoreBytes = 1024 * 1024;
constexpr std::size_t kMaxBytes = std::size_t{1} << 40;
constexpr std::size_t kMinBytes = 16;
constexpr std::size_t kLargeBytes = 1024;

unsigned class_of(std::size_t size) {
  const unsigned power = static_cast<unsigned>(std::bit_width(size)) - 1;
  return power * 4 + static_cast<unsigned>(size >> (power - 2) & 3);
}

/** Rounded up to the next size that a class has. */
std::size_t class_size(std::size_t size) {
  if (size <= kMinBytes) return kMinBytes;
  const std::size_t step = std::max(std::bit_floor(size - 1) / 4, kMinBytes);
  return (size + step - 1) & ~(step - 1);
}

Head* head_of(void* block) { return static_cast<Head*>(block) - 1; }

}  // namespace

void* Arena::allocate(std::size_t size) {
  if (size > kMaxBytes) return nullptr;
  size = class_size(size);
  void* block = take_freed(size);
  return block == nullptr ? take_new(size) : block;
}

void Arena::release(void* block) {
  if (block == nullptr) return;
  Head* head = head_of(block);
  if (is_last(block)) {
    begin_ = reinterpret_cast<char*>(head);
    return;
  }
  Free*& list = freed_[class_of(head->size)];
  list = new (block) Free{list};
}

void* Arena::resize(void* block, std::size_t size) {
  if (block == nullptr) return allocate(size);
  const std::size_t before = head_of(block)->size;
  if (size <= before) return block;
  if (size <= kMaxBytes && stretch(block, class_size(size))) return block;
  void* other = allocate(size);
  if (other == nullptr) return nullptr;
  std::memcpy(other, block, before);
  release(block);
  return other;
}

/** Of the size's class; rather than new pages, a large one may have twice of what it asked for. */
void* Arena::take_freed(std::size_t size) {
  const unsigned first = class_of(size);
  const unsigned last = size < kLargeBytes ? first : first + 4;
  for (unsigned one = first; one <= last; ++one) {
    Free*& list = freed_[one];
    if (list == nullptr) continue;
    Free* block = list;
    list = block->next;
    return block;
  }
  return nullptr;
}

void* Arena::take_new(std::size_t size) {
  const std::size_t whole = sizeof(Head) + size;
  if (static_cast<std::size_t>(end_ - begin_) < whole && !grow(whole)) return nullptr;
  Head* head = new (begin_) Head{size};
  begin_ += whole;
  return head + 1;
}

bool Arena::grow(std::size_t bytes) {
  const std::size_t wanted = std::max(kMoreBytes, (bytes + 4095) & ~std::size_t{4095});
  void* more = mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (more == MAP_FAILED) return false;
  begin_ = static_cast<char*>(more);
  end_ = begin_ + wanted;
  return true;
}

bool Arena::is_last(void* block) const { return static_cast<char*>(block) + head_of(block)->size == begin_; }

bool Arena::stretch(void* block, std::size_t size) {
  if (!is_last(block) || size > static_cast<std::size_t>(end_ - static_cast<char*>(block))) return false;
  head_of(block)->size = size;
  begin_ = static_cast<char*>(block) + size;
  return true;
}

}  // namespace bulkhead::musl
