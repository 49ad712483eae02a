// Sparse files in GNU's four ways of writing them.
#include <doctest.h>

#include "scratch_layer.h"
#include "tar_writer.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

const std::string kGnuMagic("ustar  \0", 8);
constexpr std::size_t kSize = 1 << 20;

/** A megabyte of zeros with "abc" at 4096 and "xy" at its end. */
std::string expected() {
  std::string content(kSize, '\0');
  content.replace(4096, 3, "abc");
  content.replace(kSize - 2, 2, "xy");
  return content;
}

void check(const TarWriter& tar) {
  TarWriter with_next = tar;
  with_next.file("next", "after");
  ScratchLayer layer;
  const auto unpacked = layer.unpack(with_next.finish());
  REQUIRE_MESSAGE(unpacked.ok(), unpacked.error().object);
  CHECK(layer.content("sparse") == expected());
  CHECK(layer.content("next") == "after");
  CHECK(layer.status("sparse").st_blocks < 64);
}

std::string old_extent(std::uint64_t offset, std::uint64_t size) { return octal(offset, 12) + octal(size, 12); }

}  // namespace

TEST_CASE("layers: sparse, old GNU") {
  const std::string extents = old_extent(4096, 3) + old_extent(kSize - 2, 2);
  check(TarWriter().add({.name = "sparse",
                         .type = 'S',
                         .content = "abcxy",
                         .magic = kGnuMagic,
                         .patches = {{386, extents}, {483, octal(kSize, 12)}}}));
}

TEST_CASE("layers: sparse, old GNU with a further block of extents") {
  std::string block = old_extent(kSize - 2, 2);
  block.resize(512);
  std::string content = block + "abcxy";
  TarWriter tar;
  tar.add({.name = "sparse",
           .type = 'S',
           .content = content,
           .raw_size = octal(5, 12),
           .magic = kGnuMagic,
           .patches = {{386, old_extent(4096, 1) + old_extent(4097, 1) + old_extent(4098, 1) + old_extent(4099, 0)},
                       {482, "\1"},
                       {483, octal(kSize, 12)}}});
  check(tar);
}

TEST_CASE("layers: sparse, pax 0.0") {
  check(TarWriter()
            .pax({{"GNU.sparse.size", std::to_string(kSize)},
                  {"GNU.sparse.numblocks", "2"},
                  {"GNU.sparse.offset", "4096"},
                  {"GNU.sparse.numbytes", "3"},
                  {"GNU.sparse.offset", std::to_string(kSize - 2)},
                  {"GNU.sparse.numbytes", "2"}})
            .file("sparse", "abcxy"));
}

TEST_CASE("layers: sparse, pax 0.1") {
  check(TarWriter()
            .pax({{"GNU.sparse.major", "0"},
                  {"GNU.sparse.minor", "1"},
                  {"GNU.sparse.name", "sparse"},
                  {"GNU.sparse.size", std::to_string(kSize)},
                  {"GNU.sparse.map", "4096,3," + std::to_string(kSize - 2) + ",2"}})
            .file("GNUSparseFile.0/sparse", "abcxy"));
}

TEST_CASE("layers: sparse, pax 1.0") {
  std::string map = "2\n4096\n3\n" + std::to_string(kSize - 2) + "\n2\n";
  map.resize(512);
  check(TarWriter()
            .pax({{"GNU.sparse.major", "1"},
                  {"GNU.sparse.minor", "0"},
                  {"GNU.sparse.name", "sparse"},
                  {"GNU.sparse.realsize", std::to_string(kSize)}})
            .file("GNUSparseFile.0/sparse", map + "abcxy"));
}
