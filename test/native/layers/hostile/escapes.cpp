// Ways out of the layer: upwards, by absolute names, by links and by what lies behind them.
#include <doctest.h>
#include <unistd.h>

#include "hostile.h"

using namespace bulkhead::test;

namespace {

const Hostile kRefused[] = {
    {"a name that leads upwards", "its name leads upwards",
     [](TarWriter& tar, const auto&) { tar.file("../evil", "x"); }},
    {"… amid its components", "its name leads upwards",
     [](TarWriter& tar, const auto&) { tar.directory("a").file("a/../../evil", "x"); }},
    {"… at its end", "its name leads upwards", [](TarWriter& tar, const auto&) { tar.directory("a/.."); }},
    {"… in a pax path", "its name leads upwards",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"path", "../evil"}}).file("good", "x");
     }},
    {"… in a GNU long name", "its name leads upwards",
     [](TarWriter& tar, const auto&) { tar.gnu_long('L', "../outside/evil").file("good", "x"); }},
    {"… in a ustar prefix", "its name leads upwards",
     [](TarWriter& tar, const auto&) { tar.add({.name = "evil", .prefix = "../outside"}); }},
    {"… of a sparse file", "its name leads upwards",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"GNU.sparse.major", "0"},
                {"GNU.sparse.minor", "1"},
                {"GNU.sparse.name", "../evil"},
                {"GNU.sparse.size", "1"},
                {"GNU.sparse.map", "0,1"}})
           .file("good", "x");
     }},
    {"an empty name", "an entry has no name", [](TarWriter& tar, const auto&) { tar.file("", "x"); }},
    {"a NUL in a pax path", "its pax header has a bad path",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"path", std::string("a\0b", 3)}}).file("good");
     }},
    {"a NUL in a pax linkpath", "its pax header has a bad linkpath",
     [](TarWriter& tar, const auto&) {
       tar.pax({{"linkpath", std::string("a\0b", 3)}}).symlink("good", "x");
     }},
    {"the root as a file", "the root can only be a directory",
     [](TarWriter& tar, const auto&) { tar.file("./.", "x"); }},
    {"a hard link upwards", "its name leads upwards",
     [](TarWriter& tar, const auto&) { tar.hard_link("evil", "../outside/canary"); }},
    {"a hard link to an absolute path", "ENOENT",
     [](TarWriter& tar, const auto& outside) { tar.hard_link("evil", outside + "/canary"); }},
    {"a hard link through a symbolic link that leads out", "ENOENT",
     [](TarWriter& tar, const auto& outside) { tar.symlink("out", outside).hard_link("evil", "out/canary"); }},
    {"a hard link to a directory", "EPERM",
     [](TarWriter& tar, const auto&) { tar.directory("a").hard_link("b", "a"); }},
    {"a hard link to nothing", "ENOENT", [](TarWriter& tar, const auto&) { tar.hard_link("evil", "absent"); }},
    {"a file below a file", "ENOTDIR", [](TarWriter& tar, const auto&) { tar.file("a", "x").file("a/b", "x"); }},
    {"a file through a dangling link out", "its directory is a symbolic link that leads nowhere",
     [](TarWriter& tar, const auto& outside) { tar.symlink("out", outside + "/new").file("out/evil", "x"); }},
    {"a file through a link to itself", "ELOOP",
     [](TarWriter& tar, const auto&) { tar.symlink("loop", "loop").file("loop/evil", "x"); }},
    {"a file through /proc", "its directory is a symbolic link that leads nowhere",
     [](TarWriter& tar, const auto&) { tar.symlink("p", "/proc/self/root/tmp").file("p/evil", "x"); }},
    {"a symbolic link to nothing", "a symbolic link without a target, or with too long a one",
     [](TarWriter& tar, const auto&) { tar.symlink("evil", ""); }},
};

const Hostile kContained[] = {
    {"an absolute name", "", [](TarWriter& tar, const auto& outside) { tar.file(outside + "/canary", "evil"); }},
    {"an absolute name of many slashes", "",
     [](TarWriter& tar, const auto& outside) { tar.file("//" + outside + "/canary", "evil"); }},
    {"a file through an absolute link", "",
     [](TarWriter& tar, const auto& outside) {
       tar.directory(outside.substr(1)).symlink("out", outside).file("out/evil", "x");
     }},
    {"a file through a link upwards", "",
     [](TarWriter& tar, const auto&) {
       tar.directory("outside").symlink("a/out", "../../../outside").file("a/out/evil", "x");
     }},
    {"a file over a link that leads out", "",
     [](TarWriter& tar, const auto& outside) { tar.symlink("f", outside + "/canary").file("f", "evil"); }},
    {"a directory over a link that leads out", "",
     [](TarWriter& tar, const auto& outside) {
       tar.symlink("d", outside).directory("d", 0777).file("d/canary", "evil");
     }},
    {"a device over a link that leads out", "",
     [](TarWriter& tar, const auto& outside) {
       tar.symlink("f", outside + "/canary")
           .add({.name = "f", .type = '3', .mode = 0666, .device_major = 1, .device_minor = 3});
     }},
    {"the mode of a link's target", "",
     [](TarWriter& tar, const auto& outside) {
       tar.add({.name = "f", .type = '2', .link = outside + "/canary", .mode = 04777, .uid = 1000, .mtime = 1});
     }},
    {"a hard link to a link that leads out, then written to", "",
     [](TarWriter& tar, const auto& outside) {
       tar.symlink("f", outside + "/canary").hard_link("g", "f").file("g", "evil", 0777);
     }},
    {"an extended attribute on a link that leads out", "",
     [](TarWriter& tar, const auto& outside) {
       tar.pax({{"SCHILY.xattr.trusted.evil", "x"}}).symlink("f", outside + "/canary");
     }},
    {"a link with a full tree behind it, replaced", "",
     [](TarWriter& tar, const auto& outside) { tar.symlink("d", outside + "/directory").file("d", "x"); }},
    {"a directory replaced by a link, then written through", "",
     [](TarWriter& tar, const auto& outside) {
       tar.directory("d")
           .file("d/a", "x")
           .add({.name = "d", .type = '2', .link = outside})
           .directory(outside.substr(1))
           .file("d/b");
     }},
    {"an old name that a swapped parent redirects", "",
     [](TarWriter& tar, const auto& outside) {
       tar.file("a/b/c", "x").symlink("a/b", outside).directory(outside.substr(1)).file("a/b/canary", "evil");
     }},
};

}  // namespace

TEST_CASE("T-I01: names and links that lead out are refused" * doctest::skip(geteuid() != 0)) { check(kRefused); }

TEST_CASE("T-I01: what can be read as the layer's own stays within it" * doctest::skip(geteuid() != 0)) {
  check(kContained);
}
