// The runtime's allocator: blocks that never overlap, keep what is in them, and are used again.
#include "musl/arena.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

using bulkhead::musl::Arena;

namespace {

alignas(4096) char region[64 * 1024];

struct Block {
  unsigned char* at;
  std::size_t size;
  unsigned char mark;
};

bool is_untouched(const Block& block) {
  for (std::size_t i = 0; i < block.size; ++i)
    if (block.at[i] != block.mark) return false;
  return true;
}

}  // namespace

TEST_CASE("blocks keep their content and alignment through random use") {
  Arena arena(region, sizeof region);
  std::mt19937 random(7);
  std::vector<Block> blocks;
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t size = random() % (round % 50 == 0 ? 40'000 : 300);
    if (blocks.size() < 200 && random() % 3 != 0) {
      const auto mark = static_cast<unsigned char>(random());
      auto* at = static_cast<unsigned char*>(arena.allocate(size));
      REQUIRE(at != nullptr);
      REQUIRE(reinterpret_cast<std::uintptr_t>(at) % 16 == 0);
      std::memset(at, mark, size);
      blocks.push_back({at, size, mark});
      continue;
    }
    if (blocks.empty()) continue;
    const std::size_t index = random() % blocks.size();
    Block& block = blocks[index];
    REQUIRE(is_untouched(block));
    if (random() % 2 == 0) {
      const std::size_t kept = std::min(size, block.size);
      block.at = static_cast<unsigned char*>(arena.resize(block.at, size));
      block.size = kept;
      REQUIRE(is_untouched(block));
      std::memset(block.at, block.mark, size);
      block.size = size;
    } else {
      arena.release(block.at);
      block = blocks.back();
      blocks.pop_back();
    }
  }
  for (const Block& block : blocks) REQUIRE(is_untouched(block));
}

TEST_CASE("what is freed is used again") {
  Arena arena(region, sizeof region);
  void* one = arena.allocate(100);
  void* other = arena.allocate(100);
  arena.release(one);
  CHECK(arena.allocate(97) == one);
  arena.release(other);
  CHECK(arena.allocate(8000) == other);  // the last one has made room for any
  // A process that goes on for hours does not grow.
  for (int i = 0; i < 1'000'000; ++i) {
    void* a = arena.allocate(20'000);
    void* b = arena.allocate(30);
    arena.release(a);
    arena.release(b);
  }
  auto* later = static_cast<char*>(arena.allocate(64));
  CHECK(later >= region);
  CHECK(later < region + sizeof region);
}

TEST_CASE("the last block grows in place, others move") {
  Arena arena(region, sizeof region);
  void* one = arena.allocate(1000);
  CHECK(arena.resize(one, 3000) == one);
  void* other = arena.allocate(16);
  CHECK(arena.resize(one, 3001 * 2) != one);
  CHECK(arena.resize(other, 8) == other);
  CHECK(arena.resize(nullptr, 8) != nullptr);
  arena.release(nullptr);
}

TEST_CASE("what can't be had is refused") {
  Arena arena(region, sizeof region);
  CHECK(arena.allocate(~std::size_t{0}) == nullptr);
  void* block = arena.allocate(8);
  CHECK(arena.resize(block, ~std::size_t{0} - 100) == nullptr);
}
