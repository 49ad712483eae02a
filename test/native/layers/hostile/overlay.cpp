// What an image could say to overlayfs, or to security modules, that is not for it to say.
#include <doctest.h>
#include <unistd.h>

#include "hostile.h"

using namespace bulkhead::test;

namespace {

const Hostile kRefused[] = {
    {"a whiteout of ..", "it hides no name", [](TarWriter& tar, const auto&) { tar.file(".wh..."); }},
    {"a whiteout of .", "it hides no name", [](TarWriter& tar, const auto&) { tar.file("a/.wh.."); }},
    {"a whiteout of nothing", "it hides no name", [](TarWriter& tar, const auto&) { tar.file(".wh."); }},
    {"a whiteout as a directory", "a whiteout can't be a directory",
     [](TarWriter& tar, const auto&) { tar.file(".wh.a/b"); }},
    {"a whiteout that is a link", "a whiteout must be a plain file",
     [](TarWriter& tar, const auto&) { tar.symlink(".wh.a", "/"); }},
    {"an opaque marker upwards", "its name leads upwards",
     [](TarWriter& tar, const auto&) { tar.file("../.wh..wh..opq"); }},
    {"overlayfs' own whiteout", "the device 0:0",
     [](TarWriter& tar, const auto&) { tar.add({.name = "evil", .type = '3'}); }},
    {"a device beyond the kernel's numbers", "its device number is not one",
     [](TarWriter& tar, const auto&) { tar.add({.name = "x", .type = '3', .device_major = 4096}); }},
};

const Hostile kContained[] = {
    {"a whiteout through a link that leads out", "",
     [](TarWriter& tar, const auto& outside) {
       tar.directory(outside.substr(1)).symlink("o", outside).file("o/.wh.canary");
     }},
    {"an opaque marker through a link that leads out", "",
     [](TarWriter& tar, const auto& outside) {
       tar.directory(outside.substr(1)).symlink("o", outside).file("o/.wh..wh..opq");
     }},
    {"a whiteout over a link that leads out", "",
     [](TarWriter& tar, const auto& outside) { tar.symlink("canary", outside + "/canary").file(".wh.canary"); }},
};

}  // namespace

TEST_CASE("T-I03: whiteouts of what is no name, and overlayfs' own, are refused" * doctest::skip(geteuid() != 0)) {
  check(kRefused);
}

TEST_CASE("T-I03: whiteouts stay within the layer" * doctest::skip(geteuid() != 0)) { check(kContained); }

TEST_CASE("T-I03: an image can't speak to overlayfs or to security modules" * doctest::skip(geteuid() != 0)) {
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
