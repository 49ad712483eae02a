// What would take more of the machine than a layer may.
#include <doctest.h>
#include <unistd.h>

#include "hostile.h"

using namespace bulkhead::test;

namespace {

const Hostile kRefused[] = {
    {"a symbolic link to too long a path", "a symbolic link without a target, or with too long a one",
     [](TarWriter& tar, const auto&) { tar.gnu_long('K', std::string(4096, 'x')).symlink("evil", "x"); }},
    {"too long a name", "a name of more than 4096 bytes",
     [](TarWriter& tar, const auto&) { tar.gnu_long('L', repeated("abcdefg/", 513)).file("x"); }},
    {"too long a component", "ENAMETOOLONG",
     [](TarWriter& tar, const auto&) { tar.gnu_long('L', std::string(256, 'x')).file("x"); }},
    {"too many directories deep", "more than 256 directories deep",
     [](TarWriter& tar, const auto&) { tar.gnu_long('L', repeated("a/", 257)).file("x"); }},
    {"too long a pax header", "an extension header of more than 1 MiB",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"comment", std::string(1 << 20, 'x')}}).file("x");
     }},
    {"an extended attribute of 65 KiB", "an extended attribute of more than 64 KiB",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"SCHILY.xattr.user.a", std::string(65 << 10, 'x')}}).file("x");
     }},
    {"more extended attributes than a file can have", "extended attributes of one entry",
     [](TarWriter& tar, const auto&) {
       PaxPairs many;
       for (int i = 0; i < 30'000; i++) many.emplace_back("SCHILY.xattr.x" + std::to_string(i), "");
       tar.pax(many).file("x");
     }},
    {"extended attributes for all entries", "a global pax header has extended attributes",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"SCHILY.xattr.user.a", "b"}}, 'g').file("x");
     }},
    {"a sparse file of 8 EiB", "EFBIG",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "0"},
                {"GNU.sparse.minor", "1"},
                {"GNU.sparse.size", "9223372036854775808"},
                {"GNU.sparse.map", "0,1"}})
           .file("x", "0");
     }},
};

}  // namespace

TEST_CASE("T-I05: what is too long, too deep or too much is refused" * doctest::skip(geteuid() != 0)) {
  check(kRefused);
}

TEST_CASE("T-I05: limits stop an archive, and say so") {
  TarWriter tar;
  for (int i = 0; i < 20; ++i) tar.file("f" + std::to_string(i), std::string(600, 'x'));
  ScratchLayer many;
  const auto entries = many.unpack(tar.finish(), {19, 1 << 20});
  REQUIRE_FALSE(entries.ok());
  CHECK(entries.error().step == "archive-limit");
  ScratchLayer big;
  const auto bytes = big.unpack(tar.finish(), {100, 8192});
  REQUIRE_FALSE(bytes.ok());
  CHECK(bytes.error().step == "archive-limit");
}

TEST_CASE("layers: every truncation is noticed or harmless" * doctest::skip(geteuid() != 0)) {
  TarWriter tar;
  tar.pax({{"SCHILY.xattr.user.a", "b"}})
      .file("a", std::string(700, 'x'))
      .directory("d")
      .gnu_long('L', "l")
      .file("x", "y");
  const std::string whole = tar.finish();
  for (std::size_t size = 1; size < tar.bytes().size(); size += 101) {
    ScratchLayer scratch;
    const auto unpacked = scratch.unpack(whole.substr(0, size));
    CHECK((!unpacked.ok() || size % 512 == 0));
  }
}
