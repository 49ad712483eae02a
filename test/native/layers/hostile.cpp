// Archives made to get out of the layer's directory, to confuse readers or to exhaust the machine. Each is refused, or
// what it names stays within the layer; what is outside is never touched.
#include <doctest.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "scratch_layer.h"
#include "tar_writer.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

struct Hostile {
  std::string what;
  /** `outside` is the absolute path of the canary's directory. */
  std::function<void(TarWriter&, const std::string& outside)> write;
};

std::string repeated(std::string_view text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

const Hostile kRefused[] = {
    {"a name that leads upwards", [](TarWriter& tar, const auto&) { tar.file("../evil", "x"); }},
    {"… amid its components", [](TarWriter& tar, const auto&) { tar.directory("a").file("a/../../evil", "x"); }},
    {"… at its end", [](TarWriter& tar, const auto&) { tar.directory("a/.."); }},
    {"… in a pax path",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"path", "../evil"}}).file("good", "x");
     }},
    {"… in a GNU long name",
     [](TarWriter& tar, const auto&) { tar.gnu_long('L', "../outside/evil").file("good", "x"); }},
    {"… in a ustar prefix", [](TarWriter& tar, const auto&) { tar.add({.name = "evil", .prefix = "../outside"}); }},
    {"… of a sparse file",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "0"},
                {"GNU.sparse.minor", "1"},
                {"GNU.sparse.name", "../evil"},
                {"GNU.sparse.size", "1"},
                {"GNU.sparse.map", "0,1"}})
           .file("good", "x");
     }},
    {"an empty name", [](TarWriter& tar, const auto&) { tar.file("", "x"); }},
    {"a NUL in a pax path",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"path", std::string("a\0b", 3)}}).file("good");
     }},
    {"a NUL in a pax linkpath",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"linkpath", std::string("a\0b", 3)}}).symlink("good", "x");
     }},
    {"the root as a file", [](TarWriter& tar, const auto&) { tar.file("./.", "x"); }},
    {"a hard link upwards", [](TarWriter& tar, const auto&) { tar.hard_link("evil", "../outside/canary"); }},
    {"a hard link to an absolute path",
     [](TarWriter& tar, const auto& outside) { tar.hard_link("evil", outside + "/canary"); }},
    {"a hard link through a symbolic link that leads out",
     [](TarWriter& tar, const auto& outside) { tar.symlink("out", outside).hard_link("evil", "out/canary"); }},
    {"a hard link to a directory", [](TarWriter& tar, const auto&) { tar.directory("a").hard_link("b", "a"); }},
    {"a hard link to nothing", [](TarWriter& tar, const auto&) { tar.hard_link("evil", "absent"); }},
    {"a file below a file", [](TarWriter& tar, const auto&) { tar.file("a", "x").file("a/b", "x"); }},
    {"a file through a dangling link out",
     [](TarWriter& tar, const auto& outside) { tar.symlink("out", outside + "/new").file("out/evil", "x"); }},
    {"a file through a link to itself",
     [](TarWriter& tar, const auto&) { tar.symlink("loop", "loop").file("loop/evil", "x"); }},
    {"a file through /proc",
     [](TarWriter& tar, const auto&) { tar.symlink("p", "/proc/self/root/tmp").file("p/evil", "x"); }},
    {"a whiteout of ..", [](TarWriter& tar, const auto&) { tar.file(".wh..."); }},
    {"a whiteout of .", [](TarWriter& tar, const auto&) { tar.file("a/.wh.."); }},
    {"a whiteout of nothing", [](TarWriter& tar, const auto&) { tar.file(".wh."); }},
    {"a whiteout as a directory", [](TarWriter& tar, const auto&) { tar.file(".wh.a/b"); }},
    {"a whiteout that is a link", [](TarWriter& tar, const auto&) { tar.symlink(".wh.a", "/"); }},
    {"an opaque marker upwards", [](TarWriter& tar, const auto&) { tar.file("../.wh..wh..opq"); }},
    {"overlayfs' own whiteout", [](TarWriter& tar, const auto&) { tar.add({.name = "evil", .type = '3'}); }},
    {"a symbolic link to nothing", [](TarWriter& tar, const auto&) { tar.symlink("evil", ""); }},
    {"a symbolic link to too long a path",
     [](TarWriter& tar, const auto&) { tar.gnu_long('K', std::string(4096, 'x')).symlink("evil", "x"); }},
    {"too long a name", [](TarWriter& tar, const auto&) { tar.gnu_long('L', repeated("abcdefg/", 513)).file("x"); }},
    {"too long a component", [](TarWriter& tar, const auto&) { tar.gnu_long('L', std::string(256, 'x')).file("x"); }},
    {"too many directories deep",
     [](TarWriter& tar, const auto&) { tar.gnu_long('L', repeated("a/", 257)).file("x"); }},
    {"too long a pax header",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"comment", std::string(1 << 20, 'x')}}).file("x");
     }},
    {"an extended attribute of 65 KiB",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"SCHILY.xattr.user.a", std::string(65 << 10, 'x')}}).file("x");
     }},
    {"more extended attributes than a file can have",
     [](TarWriter& tar, const auto&) {
       PaxPairs many;
       for (int i = 0; i < 30'000; i++) many.emplace_back("SCHILY.xattr.x" + std::to_string(i), "");
       tar.pax(many).file("x");
     }},
    {"extended attributes for all entries",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"SCHILY.xattr.user.a", "b"}}, 'g').file("x");
     }},
    {"a bad checksum", [](TarWriter& tar, const auto&) { tar.add({.name = "x", .has_bad_checksum = true}); }},
    {"a bad checksum later",
     [](TarWriter& tar, const auto&) { tar.file("good", "x").add({.name = "x", .has_bad_checksum = true}); }},
    {"a negative size", [](TarWriter& tar, const auto&) { tar.add({.name = "x", .raw_size = base256(-512, 12)}); }},
    {"a size of letters", [](TarWriter& tar, const auto&) { tar.add({.name = "x", .raw_size = "0000000000z"}); }},
    {"a size beyond 63 bits",
     [](TarWriter& tar, const auto&) { tar.add({.name = "x", .raw_size = "\x80\1\1\1\1\1\1\1\1\1\1\1"}); }},
    {"two sizes that hide an entry",
     [](TarWriter& tar, const auto&) {
       TarWriter inner;
       inner.file("hidden", "x");
       tar.pax({{"size", "0"}}).file("x", inner.bytes());
     }},
    {"two sizes, the other way round",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"size", "1024"}}).file("x", "y").file("hidden", "x");
     }},
    {"a pax size that is no number",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"size", "-1"}}).file("x");
     }},
    {"a global header that names entries",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"path", "evil"}}, 'g').file("x");
     }},
    {"a global header that sizes entries",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"size", "9"}}, 'g').file("x");
     }},
    {"a pax record that is longer than the header",
     [](TarWriter& tar, const auto&) { tar.add({.name = "p", .type = 'x', .content = "99 path=a\n"}).file("x"); }},
    {"a pax record of no length",
     [](TarWriter& tar, const auto&) { tar.add({.name = "p", .type = 'x', .content = "0 path=a\n"}).file("x"); }},
    {"a pax record without its newline",
     [](TarWriter& tar, const auto&) { tar.add({.name = "p", .type = 'x', .content = "9 path=a "}).file("x"); }},
    {"an owner that is none", [](TarWriter& tar, const auto&) { tar.add({.name = "x", .uid = 0xffffffff}); }},
    {"an owner beyond 32 bits",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"uid", "4294967296"}}).file("x");
     }},
    {"a negative owner",
     [](TarWriter& tar, const auto&) {
       tar.add({.name = "x", .patches = {{108, base256(-1, 8)}}});
     }},
    {"a device beyond the kernel's numbers",
     [](TarWriter& tar, const auto&) { tar.add({.name = "x", .type = '3', .device_major = 4096}); }},
    {"zeros amid the entries",
     [](TarWriter& tar, const auto&) { tar.file("x", "y").raw(std::string(512, '\0')).file("hidden"); }},
    {"sparse extents that overlap",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "0"},
                {"GNU.sparse.minor", "1"},
                {"GNU.sparse.size", "10"},
                {"GNU.sparse.map", "0,5,3,5"}})
           .file("x", "0123456789");
     }},
    {"sparse extents beyond the file",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "0"},
                {"GNU.sparse.minor", "1"},
                {"GNU.sparse.size", "4"},
                {"GNU.sparse.map", "0,5"}})
           .file("x", "01234");
     }},
    {"sparse extents whose sum wraps round",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "0"},
                {"GNU.sparse.minor", "1"},
                {"GNU.sparse.size", "18446744073709551615"},
                {"GNU.sparse.map", "9,18446744073709551607"}})
           .file("x", "01234");
     }},
    {"a sparse file of 8 EiB",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "0"},
                {"GNU.sparse.minor", "1"},
                {"GNU.sparse.size", "9223372036854775808"},
                {"GNU.sparse.map", "0,1"}})
           .file("x", "0");
     }},
    {"a sparse map longer than the data",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "4"}})
           .file("x", "9999\n0\n1\n" + std::string(503, '\0'));
     }},
    {"a sparse directory",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "0"}, {"GNU.sparse.minor", "1"}, {"GNU.sparse.size", "0"}, {"GNU.sparse.map", ""}})
           .directory("x");
     }},
};

const Hostile kContained[] = {
    {"an absolute name", [](TarWriter& tar, const auto& outside) { tar.file(outside + "/canary", "evil"); }},
    {"an absolute name of many slashes",
     [](TarWriter& tar, const auto& outside) { tar.file("//" + outside + "/canary", "evil"); }},
    {"a file through an absolute link",
     [](TarWriter& tar, const auto& outside) {
       tar.directory(outside.substr(1)).symlink("out", outside).file("out/evil", "x");
     }},
    {"a file through a link upwards",
     [](TarWriter& tar, const auto&) {
       tar.directory("outside").symlink("a/out", "../../../outside").file("a/out/evil", "x");
     }},
    {"a file over a link that leads out",
     [](TarWriter& tar, const auto& outside) { tar.symlink("f", outside + "/canary").file("f", "evil"); }},
    {"a directory over a link that leads out",
     [](TarWriter& tar, const auto& outside) {
       tar.symlink("d", outside).directory("d", 0777).file("d/canary", "evil");
     }},
    {"a device over a link that leads out",
     [](TarWriter& tar, const auto& outside) {
       tar.symlink("f", outside + "/canary")
           .add({.name = "f", .type = '3', .mode = 0666, .device_major = 1, .device_minor = 3});
     }},
    {"the mode of a link's target",
     [](TarWriter& tar, const auto& outside) {
       tar.add({.name = "f", .type = '2', .link = outside + "/canary", .mode = 04777, .uid = 1000, .mtime = 1});
     }},
    {"a hard link to a link that leads out, then written to",
     [](TarWriter& tar, const auto& outside) {
       tar.symlink("f", outside + "/canary").hard_link("g", "f").file("g", "evil", 0777);
     }},
    {"an extended attribute on a link that leads out",
     [](TarWriter& tar, const auto& outside) {
       tar.pax({{"SCHILY.xattr.trusted.evil", "x"}}).symlink("f", outside + "/canary");
     }},
    {"a whiteout through a link that leads out",
     [](TarWriter& tar, const auto& outside) {
       tar.directory(outside.substr(1)).symlink("o", outside).file("o/.wh.canary");
     }},
    {"an opaque marker through a link that leads out",
     [](TarWriter& tar, const auto& outside) {
       tar.directory(outside.substr(1)).symlink("o", outside).file("o/.wh..wh..opq");
     }},
    {"a whiteout over a link that leads out",
     [](TarWriter& tar, const auto& outside) { tar.symlink("canary", outside + "/canary").file(".wh.canary"); }},
    {"a link with a full tree behind it, replaced",
     [](TarWriter& tar, const auto& outside) { tar.symlink("d", outside + "/directory").file("d", "x"); }},
    {"a directory replaced by a link, then written through",
     [](TarWriter& tar, const auto& outside) {
       tar.directory("d")
           .file("d/a", "x")
           .add({.name = "d", .type = '2', .link = outside})
           .directory(outside.substr(1))
           .file("d/b");
     }},
    {"an old name that a swapped parent redirects",
     [](TarWriter& tar, const auto& outside) {
       tar.file("a/b/c", "x").symlink("a/b", outside).directory(outside.substr(1)).file("a/b/canary", "evil");
     }},
};

std::string archive(const Hostile& hostile, const ScratchLayer& scratch) {
  TarWriter tar;
  hostile.write(tar, scratch.outside());
  return tar.finish();
}

}  // namespace

TEST_CASE("layers: what can't be meant well is refused" * doctest::skip(geteuid() != 0)) {
  for (const Hostile& hostile : kRefused) {
    CAPTURE(hostile.what);
    ScratchLayer scratch;
    const auto unpacked = scratch.unpack(archive(hostile, scratch));
    CHECK_FALSE(unpacked.ok());
    CHECK(scratch.is_outside_untouched());
    CHECK_FALSE(scratch.exists("hidden"));
  }
}

TEST_CASE("layers: what leads out stays within" * doctest::skip(geteuid() != 0)) {
  for (const Hostile& hostile : kContained) {
    CAPTURE(hostile.what);
    ScratchLayer scratch;
    const auto unpacked = scratch.unpack(archive(hostile, scratch));
    if (!unpacked.ok()) MESSAGE(unpacked.error().object);
    CHECK(unpacked.ok());
    CHECK(scratch.is_outside_untouched());
  }
}

TEST_CASE("layers: an image can't speak to overlayfs or to security modules" * doctest::skip(geteuid() != 0)) {
  ScratchLayer scratch;
  TarWriter tar;
  tar.pax({{"SCHILY.xattr.trusted.overlay.opaque", "y"},
           {"SCHILY.xattr.trusted.overlay.redirect", "/etc"},
           {"SCHILY.xattr.user.overlay.opaque", "y"},
           {"SCHILY.xattr.security.selinux", "system_u:object_r:etc_t"},
           {"SCHILY.xattr.trusted.own", "kept"}})
      .directory("d");
  REQUIRE(scratch.unpack(tar.finish()).ok());
  CHECK(scratch.xattr("d", "trusted.overlay.opaque").empty());
  CHECK(scratch.xattr("d", "trusted.overlay.redirect").empty());
  CHECK(scratch.xattr("d", "user.overlay.opaque").empty());
  CHECK(scratch.xattr("d", "security.selinux").empty());
  CHECK(scratch.xattr("d", "trusted.own") == "kept");
}

TEST_CASE("layers: limits stop an archive, and say so") {
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
