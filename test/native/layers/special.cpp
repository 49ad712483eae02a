// What real layers hold besides plain files, and what it must be on disk.
#include <doctest.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "scratch_layer.h"
#include "tar_writer.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

const std::string kGnuMagic("ustar  \0", 8);
const auto kNeedsRoot = doctest::skip(geteuid() != 0);

/** Unpacks what `tar` holds, which must work. */
struct Unpacking {
  ScratchLayer layer;
  explicit Unpacking(const TarWriter& tar) {
    const auto unpacked = layer.unpack(tar.finish());
    REQUIRE_MESSAGE(unpacked.ok(), unpacked.error().object);
  }
  ScratchLayer* operator->() { return &layer; }
};

mode_t permissions(const struct stat& status) { return status.st_mode & 07777; }

}  // namespace

TEST_CASE("layers: files, directories and links have their owners, modes and times" * kNeedsRoot) {
  TarWriter tar;
  tar.add({.name = "d/", .type = '5', .mode = 01777, .uid = 3, .gid = 4, .mtime = 1'111'111'111});
  tar.add({.name = "d/f", .content = "hello", .mode = 0640, .uid = 5, .gid = 6, .mtime = 1'222'222'222});
  tar.add({.name = "d/l", .type = '2', .link = "/etc/passwd", .uid = 7, .gid = 8, .mtime = 1'333'333'333});
  tar.hard_link("d/h", "./d/f").file("/abs/./deep//f", "x");
  Unpacking layer(tar);
  CHECK(permissions(layer->status("d")) == 01777);
  CHECK(layer->status("d").st_uid == 3);
  CHECK(layer->status("d").st_mtim.tv_sec == 1'111'111'111);
  CHECK(permissions(layer->status("d/f")) == 0640);
  CHECK(layer->status("d/f").st_gid == 6);
  CHECK(layer->status("d/f").st_mtim.tv_sec == 1'222'222'222);
  CHECK(layer->content("d/f") == "hello");
  CHECK(layer->link("d/l") == "/etc/passwd");
  CHECK(layer->status("d/l").st_uid == 7);
  CHECK(layer->status("d/l").st_mtim.tv_sec == 1'333'333'333);
  CHECK(layer->status("d/h").st_ino == layer->status("d/f").st_ino);
  CHECK(layer->content("abs/deep/f") == "x");
  CHECK(permissions(layer->status("abs")) == 0755);
}

TEST_CASE("layers: the root is a directory that others may enter, or what the archive says" * kNeedsRoot) {
  Unpacking plain(TarWriter().file("f"));
  CHECK(permissions(plain->status("")) == 0755);
  Unpacking own(TarWriter().add({.name = "./", .type = '5', .mode = 0711, .uid = 9}).file("./f"));
  CHECK(permissions(own->status("")) == 0711);
  CHECK(own->status("").st_uid == 9);
}

TEST_CASE("layers: set-uid, set-gid and no permissions at all survive the change of owner" * kNeedsRoot) {
  TarWriter tar;
  tar.add({.name = "su", .mode = 04755, .uid = 1000, .gid = 1000}).add({.name = "sg", .mode = 02755, .gid = 42});
  tar.directory("closed", 0000).file("closed/f", "x", 0000);
  tar.directory("group", 02775).file("group/f");
  Unpacking layer(tar);
  CHECK(permissions(layer->status("su")) == 04755);
  CHECK(permissions(layer->status("sg")) == 02755);
  CHECK(permissions(layer->status("closed")) == 0);
  CHECK(permissions(layer->status("closed/f")) == 0);
  CHECK(permissions(layer->status("group")) == 02775);
  CHECK(layer->status("group/f").st_gid == 0);
}

TEST_CASE("layers: devices and fifos" * kNeedsRoot) {
  TarWriter tar;
  tar.add({.name = "null", .type = '3', .mode = 0666, .device_major = 1, .device_minor = 3});
  tar.add({.name = "disk", .type = '4', .mode = 0660, .gid = 6, .device_major = 259, .device_minor = 70000});
  tar.add({.name = "fifo", .type = '6', .mode = 0600});
  Unpacking layer(tar);
  CHECK(S_ISCHR(layer->status("null").st_mode));
  CHECK(layer->status("null").st_rdev == makedev(1, 3));
  CHECK(permissions(layer->status("null")) == 0666);
  CHECK(S_ISBLK(layer->status("disk").st_mode));
  CHECK(layer->status("disk").st_rdev == makedev(259, 70000));
  CHECK(layer->status("disk").st_gid == 6);
  CHECK(S_ISFIFO(layer->status("fifo").st_mode));
}

TEST_CASE("layers: whiteouts and opaque directories become overlayfs' own" * kNeedsRoot) {
  TarWriter tar;
  tar.file("a/.wh.gone").directory("o").file("o/.wh..wh..opq").file("o/new", "x").file("deep/er/.wh..wh..opq");
  tar.file(".wh..wh.plnk/1.2", "aufs").file(".wh..wh.aufs");
  Unpacking layer(tar);
  CHECK(layer->is_whiteout("a/gone"));
  CHECK(layer->xattr("o", "trusted.overlay.opaque") == "y");
  CHECK(layer->content("o/new") == "x");
  CHECK(layer->xattr("deep/er", "trusted.overlay.opaque") == "y");
  CHECK(layer->names() == std::vector<std::string>{"a", "a/gone", "deep", "deep/er", "o", "o/new"});
}

TEST_CASE("layers: a whiteout and an entry of one name" * kNeedsRoot) {
  Unpacking file(TarWriter().file("f", "new").file(".wh.f").file(".wh.g").file("g", "new"));
  CHECK(file->content("f") == "new");
  CHECK(file->content("g") == "new");
  Unpacking directory(TarWriter().directory("d").file("d/f").file(".wh.d").file(".wh.e").directory("e").file("e/f"));
  CHECK(directory->xattr("d", "trusted.overlay.opaque") == "y");
  CHECK(directory->xattr("e", "trusted.overlay.opaque") == "y");
  CHECK(directory->exists("d/f"));
  CHECK(directory->exists("e/f"));
}

TEST_CASE("layers: the later of two entries of one name counts" * kNeedsRoot) {
  TarWriter tar;
  tar.file("f", "old").file("f", "new");
  tar.directory("d").file("d/x").file("d", "now a file");
  tar.file("e", "x").directory("e", 0700).file("e/f", "y");
  tar.directory("same", 0700).file("same/kept").directory("same", 0750);
  Unpacking layer(tar);
  CHECK(layer->content("f") == "new");
  CHECK(layer->content("d") == "now a file");
  CHECK(layer->content("e/f") == "y");
  CHECK(permissions(layer->status("same")) == 0750);
  CHECK(layer->exists("same/kept"));
}

TEST_CASE("layers: a file below a linked directory is where the link points" * kNeedsRoot) {
  Unpacking layer(TarWriter()
                      .directory("usr/bin")
                      .symlink("bin", "/usr/bin")
                      .file("bin/sh", "x")
                      .symlink("usr/up", "..")
                      .file("usr/up/top"));
  CHECK(layer->content("usr/bin/sh") == "x");
  CHECK(layer->link("bin") == "/usr/bin");
  CHECK(layer->exists("top"));
}

TEST_CASE("layers: extended attributes, binary, from both spellings" * kNeedsRoot) {
  const std::string capability("\1\0\0\2\200\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  const std::string tricky("a\n15 path=x/EVIL\n\0\xff", 19);
  TarWriter tar;
  tar.pax({{"SCHILY.xattr.security.capability", capability}, {"SCHILY.xattr.user.tricky", tricky}});
  tar.add({.name = "f", .mode = 0755, .uid = 1000});
  tar.pax({{"LIBARCHIVE.xattr.user.a%20b", "AAH/"}}).directory("d");
  tar.pax({{"SCHILY.xattr.user.not-for-links", "x"}, {"SCHILY.xattr.trusted.link", "y"}}).symlink("l", "f");
  Unpacking layer(tar);
  CHECK(layer->xattr("f", "security.capability") == capability);
  CHECK(layer->xattr("f", "user.tricky") == tricky);
  CHECK(layer->xattr("d", "user.a b") == std::string("\0\1\xff", 3));
  CHECK(layer->xattr("l", "trusted.link") == "y");
  CHECK(layer->xattr("f", "trusted.link").empty());
}

TEST_CASE("layers: default ACLs of a directory are not inherited by its entries" * kNeedsRoot) {
  // posix_acl_xattr: version 2; entries user::rwx, group::---, other::---.
  std::string acl("\2\0\0\0", 4);
  for (const char* entry : {"\1\0\7\0", "\4\0\0\0", "\40\0\0\0"}) acl += std::string(entry, 4) + std::string(4, '\xff');
  TarWriter tar;
  tar.pax({{"SCHILY.xattr.system.posix_acl_default", acl}}).directory("d").file("d/f", "", 0666);
  Unpacking layer(tar);
  CHECK(layer->xattr("d", "system.posix_acl_default") == acl);
  CHECK(permissions(layer->status("d/f")) == 0666);
}

TEST_CASE("layers: big numbers and old and fractional times" * kNeedsRoot) {
  TarWriter tar;
  tar.add({.name = "base256", .uid = 4'000'000'000, .gid = 3'000'000});
  tar.pax({{"uid", "3999999999"}, {"gid", "2999999"}, {"mtime", "1234567890.987654321"}}).file("pax");
  tar.pax({{"mtime", "-1.25"}}).file("before");
  tar.add({.name = "negative", .patches = {{136, base256(-100, 12)}}});
  Unpacking layer(tar);
  CHECK(layer->status("base256").st_uid == 4'000'000'000);
  CHECK(layer->status("base256").st_gid == 3'000'000);
  CHECK(layer->status("pax").st_uid == 3'999'999'999);
  CHECK(layer->status("pax").st_mtim.tv_nsec == 987'654'321);
  CHECK(layer->status("before").st_mtim.tv_sec == -2);
  CHECK(layer->status("before").st_mtim.tv_nsec == 750'000'000);
  CHECK(layer->status("negative").st_mtim.tv_sec == -100);
}

TEST_CASE("layers: names of any bytes and lengths, from every place that may hold them" * kNeedsRoot) {
  const std::string latin("caf\xe9");
  const std::string long_name = std::string(120, 'n') + "/" + std::string(120, 'm');
  TarWriter tar;
  tar.file(latin, "1").pax({{"path", "p/" + latin}}).file("fallback", "2");
  tar.gnu_long('L', long_name).file("short", "3").gnu_long('K', long_name).symlink("gnu", "short");
  tar.pax({{"linkpath", long_name + "x"}}).symlink("pax", "short");
  tar.add({.name = "in-prefix", .content = "4", .prefix = "a/prefix"});
  tar.add({.name = "gnu-has-none", .content = "5", .magic = kGnuMagic, .prefix = "times"});
  tar.add({.name = std::string(100, 'f'), .content = "6"}).add({.name = "v7/", .magic = ""});
  Unpacking layer(tar);
  CHECK(layer->content(latin) == "1");
  CHECK(layer->content("p/" + latin) == "2");
  CHECK(layer->content(long_name) == "3");
  CHECK(layer->link("gnu") == long_name);
  CHECK(layer->link("pax") == long_name + "x");
  CHECK(layer->content("a/prefix/in-prefix") == "4");
  CHECK(layer->content("gnu-has-none") == "5");
  CHECK(layer->content(std::string(100, 'f')) == "6");
  CHECK(S_ISDIR(layer->status("v7").st_mode));
}

TEST_CASE("layers: global pax headers hold until others come; an empty value takes back" * kNeedsRoot) {
  TarWriter tar;
  tar.pax({{"uid", "7"}, {"comment", "x"}}, 'g').file("a").pax({{"uid", "8"}}).file("b").file("c");
  tar.pax({{"uid", ""}}).add({.name = "d", .uid = 9});
  Unpacking layer(tar);
  CHECK(layer->status("a").st_uid == 7);
  CHECK(layer->status("b").st_uid == 8);
  CHECK(layer->status("c").st_uid == 7);
  CHECK(layer->status("d").st_uid == 9);
}

TEST_CASE("layers: data of entries that are no files is skipped, sizes of links are not data" * kNeedsRoot) {
  TarWriter tar;
  tar.add({.name = "label", .type = 'V', .content = std::string(600, 'v')}).file("a", "1");
  tar.add({.name = "unknown", .type = 'Z', .content = "zzz"}).file("b", "2");
  tar.add({.name = "h", .type = '1', .link = "a", .raw_size = octal(1, 12)}).file("c", "3");
  tar.add({.name = "contiguous", .type = '7', .content = "4"});
  Unpacking layer(tar);
  CHECK(layer->names() == std::vector<std::string>{"a", "b", "c", "contiguous", "h"});
  CHECK(layer->content("c") == "3");
  CHECK(layer->content("contiguous") == "4");
}

TEST_CASE("layers: a hard link to a symbolic link is one more name of it" * kNeedsRoot) {
  Unpacking layer(TarWriter().symlink("l", "nowhere").hard_link("m", "l"));
  CHECK(layer->link("m") == "nowhere");
  CHECK(layer->status("m").st_ino == layer->status("l").st_ino);
}

TEST_CASE("layers: directories that are only implied are as the layers below have them" * kNeedsRoot) {
  TarWriter lowest;
  lowest.add({.name = "home/ann/", .type = '5', .mode = 0700, .uid = 1000, .gid = 1001, .mtime = 77});
  lowest.directory("tmp/", 01777).directory("replaced/", 0700).add({.name = "./", .type = '5', .mode = 0555});
  Unpacking bottom(lowest);
  Unpacking middle(TarWriter().file(".wh.replaced").directory("other/", 0711));
  ScratchLayer top;
  const std::string archive =
      TarWriter().file("home/ann/f").file("tmp/f").file("replaced/f").file("other/f").file("new/f").finish();
  REQUIRE(top.unpack(archive, {100, 1 << 20}, {bottom->layer(), middle->layer()}).ok());
  CHECK(permissions(top.status("home/ann")) == 0700);
  CHECK(top.status("home/ann").st_uid == 1000);
  CHECK(top.status("home/ann").st_gid == 1001);
  CHECK(top.status("home/ann").st_mtim.tv_sec == 77);
  CHECK(permissions(top.status("tmp")) == 01777);
  CHECK(permissions(top.status("replaced")) == 0755);
  CHECK(permissions(top.status("other")) == 0711);
  CHECK(permissions(top.status("new")) == 0755);
  CHECK(permissions(top.status("")) == 0755);
}
