// A container's changes become a layer: every awkward case, hostile ones, and the same bytes each time.
#include "core/layers/commit.h"

#include <doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "scratch_layer.h"

using namespace bulkhead;
using namespace bulkhead::test;
namespace fs = std::filesystem;

namespace {

const auto kNeedsRoot = doctest::skip(geteuid() != 0);
constexpr LayerLimits kLimits{10'000, 1 << 30};
// Version 2 of vfs_cap_data: cap_net_raw, effective.
const std::string kCapability("\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);

/** An upper directory, and where it is committed to. */
struct Commit {
  ScratchLayer upper;
  ScratchLayer layer;
  UnpackControl control;

  Result<Unpacked> run(LayerLimits limits = kLimits) {
    return commit_layer({upper.layer(), layer.layer(), limits}, control);
  }
  Unpacked must_run() {
    auto committed = run();
    REQUIRE_MESSAGE(committed.ok(), committed.error().step << " " << committed.error().object);
    return committed.take();
  }
  std::string at(const std::string& name) const { return upper.path(name); }
};

void set_times(const std::string& path, std::int64_t seconds, long nanoseconds) {
  const timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
  REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
}

void set_xattr(const std::string& path, const std::string& name, const std::string& value) {
  REQUIRE(lsetxattr(path.c_str(), name.c_str(), value.data(), value.size(), 0) == 0);
}

std::string xattrs_of(const ScratchLayer& layer, const std::string& name) {
  std::array<char, 65536> names;
  const ssize_t size = llistxattr(layer.path(name).c_str(), names.data(), names.size());
  std::vector<std::string> lines;
  for (ssize_t at = 0; at < size;
       at += static_cast<ssize_t>(std::string(&names[static_cast<std::size_t>(at)]).size()) + 1) {
    const std::string attribute(&names[static_cast<std::size_t>(at)]);
    lines.push_back(attribute + "=" + layer.xattr(name, attribute));
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line + ";";
  return text;
}

/** All that a layer says of each thing in it, the inodes' numbers aside. */
std::string told(const ScratchLayer& layer) {
  std::string text;
  std::vector<std::string> names = layer.names();
  names.insert(names.begin(), "");
  for (const std::string& name : names) {
    const struct stat status = layer.status(name);
    text += name + " " + std::to_string(status.st_mode) + " " + std::to_string(status.st_uid) + ":" +
            std::to_string(status.st_gid) + " " + std::to_string(status.st_rdev) + " " +
            std::to_string(S_ISDIR(status.st_mode) ? 0 : status.st_nlink) + " ";
    // A whiteout is nothing but its name.
    if (!layer.is_whiteout(name))
      text += std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
    if (S_ISREG(status.st_mode)) text += " " + layer.content(name);
    if (S_ISLNK(status.st_mode)) text += " -> " + layer.link(name);
    text += " " + xattrs_of(layer, name) + "\n";
  }
  return text;
}

void make_awkward(const Commit& commit) {
  const std::string long_name(200, 'n');
  fs::create_directories(commit.at("d/" + long_name + "/" + long_name));
  write_file(commit.at("d/" + long_name + "/" + long_name + "/f"), "deep");
  write_file(commit.at("d/empty"), "");
  write_file(commit.at("block"), std::string(512, 'b'));
  write_file(commit.at("not\xff utf-8"), "bytes");
  write_file(commit.at("suid"), "s");
  REQUIRE(chown(commit.at("suid").c_str(), 3'000'000'000, 70'000) == 0);
  REQUIRE(chmod(commit.at("suid").c_str(), 06755) == 0);
  write_file(commit.at("capable"), "c");
  set_xattr(commit.at("capable"), "security.capability", kCapability);
  set_xattr(commit.at("capable"), "user.binary", std::string("\0\n12 path=/evil\n\xff", 17));
  set_xattr(commit.at("d"), "trusted.mine", "t");
  fs::create_hard_link(commit.at("capable"), commit.at("d/same"));
  fs::create_symlink("/etc/passwd", commit.at("absolute"));
  fs::create_symlink(std::string(300, 'l'), commit.at("long"));
  REQUIRE(linkat(AT_FDCWD, commit.at("absolute").c_str(), AT_FDCWD, commit.at("absolute-too").c_str(), 0) == 0);
  REQUIRE(mknod(commit.at("null").c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0);
  REQUIRE(mknod(commit.at("disk").c_str(), S_IFBLK | 0640, makedev(259, 70'000)) == 0);
  REQUIRE(mkfifo(commit.at("fifo").c_str(), 0600) == 0);
  REQUIRE(mknod(commit.at("d/gone").c_str(), S_IFCHR, 0) == 0);
  fs::create_directory(commit.at("opaque"));
  set_xattr(commit.at("opaque"), "trusted.overlay.opaque", "y");
  write_file(commit.at("opaque/new"), "n");
  fs::create_directory(commit.at("closed"));
  set_times(commit.at("d/empty"), -2, 750'000'000);
  set_times(commit.at("absolute"), 1'600'000'000, 123'456'789);
  set_times(commit.at("closed"), 5'000'000'000, 1);
  REQUIRE(chmod(commit.at("closed").c_str(), 0) == 0);
  REQUIRE(chmod(commit.at("").c_str(), 0755) == 0);
}

bool is_reserved(const Error& error) { return error.step == "read-tree" && error.number == EINVAL; }

}  // namespace

TEST_CASE("commit: every awkward case, as it was" * kNeedsRoot) {
  Commit commit;
  make_awkward(commit);
  const std::string before = told(commit.upper);
  const Unpacked committed = commit.must_run();
  CHECK(told(commit.layer) == before);
  CHECK(told(commit.upper) == before);
  CHECK(commit.layer.status("capable").st_ino == commit.layer.status("d/same").st_ino);
  CHECK(committed.digest == committed.diff_id);
  CHECK(committed.tar_bytes == committed.blob_bytes);
  CHECK(committed.tar_bytes % 512 == 0);
}

TEST_CASE("commit: the layer says again what the upper directory said; its blob unpacks to the same" * kNeedsRoot) {
  Commit commit;
  make_awkward(commit);
  const Unpacked committed = commit.must_run();
  UnpackControl control;
  const auto hashed = pack_layer({commit.layer.layer(), "", kLimits}, control);
  REQUIRE(hashed.ok());
  CHECK(hashed.value().diff_id == committed.diff_id);
  CHECK(hashed.value().tar_bytes == committed.tar_bytes);
  std::string blobs[2];
  for (std::string& blob : blobs) {
    const std::string file = commit.layer.outside() + "/blob";
    const auto packed = pack_layer({commit.layer.layer(), file, kLimits}, control);
    REQUIRE(packed.ok());
    CHECK(packed.value().diff_id == committed.diff_id);
    blob = read_file(file);
    CHECK(packed.value().blob_bytes == blob.size());
    unlink(file.c_str());
  }
  CHECK(blobs[0] == blobs[1]);
  ScratchLayer again;
  const auto unpacked = again.unpack(blobs[0]);
  REQUIRE_MESSAGE(unpacked.ok(), unpacked.error().object);
  CHECK(unpacked.value().diff_id == committed.diff_id);
  CHECK(told(again) == told(commit.layer));
}

TEST_CASE("commit: holes stay holes, and it is the content that counts" * kNeedsRoot) {
  constexpr std::uintmax_t kSize = 64 << 20;
  Commit commit;
  Commit written;
  for (const Commit* one : {&commit, &written}) {
    write_file(one->at("f"), "begin");
    fs::resize_file(one->at("f"), kSize);
    const int file = open(one->at("f").c_str(), O_WRONLY);
    REQUIRE(pwrite(file, "middle", 6, (32 << 20) - 3) == 6);
    close(file);
    set_times(one->at("f"), 1, 0);
    set_times(one->at(""), 1, 0);
  }
  const int file = open(written.at("f").c_str(), O_WRONLY);
  const std::string zeros(8 << 20, '\0');
  REQUIRE(pwrite(file, zeros.data(), zeros.size(), 40 << 20) == static_cast<ssize_t>(zeros.size()));
  close(file);
  set_times(written.at("f"), 1, 0);
  const Unpacked committed = commit.must_run();
  CHECK(committed.tar_bytes < (4 << 20));
  CHECK(commit.layer.status("f").st_size == kSize);
  CHECK(commit.layer.status("f").st_blocks < (8 << 20) / 512);
  CHECK(commit.layer.content("f") == commit.upper.content("f"));
  CHECK(written.must_run().diff_id == committed.diff_id);
}

TEST_CASE("commit: the order in which things were made does not count" * kNeedsRoot) {
  Commit first;
  Commit second;
  for (const char* name : {"b", "a", "d.x", "d"}) fs::create_directory(first.at(name));
  for (const char* name : {"d", "d.x", "a", "b"}) fs::create_directory(second.at(name));
  for (const Commit* one : {&first, &second})
    for (const char* name : {"b", "a", "d.x", "d", ""}) set_times(one->at(name), 7, 7);
  CHECK(first.must_run().diff_id == second.must_run().diff_id);
}

TEST_CASE("commit: sockets and overlayfs' own notes stay behind" * kNeedsRoot) {
  Commit commit;
  const int socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  commit.at("s").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(bind(socket_fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  close(socket_fd);
  write_file(commit.at("f"), "x");
  set_xattr(commit.at("f"), "trusted.overlay.origin", "o");
  set_xattr(commit.at("f"), "user.overlay.redirect", "/");
  commit.must_run();
  CHECK(commit.layer.names() == std::vector<std::string>{"f"});
  CHECK(xattrs_of(commit.layer, "f").empty());
}

TEST_CASE("commit: what overlayfs keeps elsewhere is refused, not lost" * kNeedsRoot) {
  for (const char* name : {"trusted.overlay.redirect", "trusted.overlay.metacopy"}) {
    Commit commit;
    fs::create_directory(commit.at("moved"));
    set_xattr(commit.at("moved"), name, "/from");
    const auto committed = commit.run();
    REQUIRE(!committed.ok());
    CHECK(committed.error().number == EOPNOTSUPP);
    CHECK(committed.error().object == "moved");
  }
}

TEST_CASE("commit: what is named as a whiteout is refused" * kNeedsRoot) {
  for (const char* name : {".wh.f", ".wh..wh..opq", ".wh..."}) {
    Commit commit;
    write_file(commit.at(name), "x");
    const auto committed = commit.run();
    REQUIRE(!committed.ok());
    CHECK(is_reserved(committed.error()));
    Commit directory;
    fs::create_directory(directory.at(name));
    CHECK(!directory.run().ok());
  }
}

TEST_CASE("commit: links lead nowhere, fifos hold nothing up" * kNeedsRoot) {
  Commit commit;
  fs::create_symlink(commit.upper.outside(), commit.at("out"));
  fs::create_symlink("..", commit.at("up"));
  fs::create_symlink("loop", commit.at("loop"));
  REQUIRE(mkfifo(commit.at("fifo").c_str(), 0666) == 0);
  const std::string before = told(commit.upper);
  commit.must_run();
  CHECK(told(commit.layer) == before);
  CHECK(commit.upper.is_outside_untouched());
}

TEST_CASE("commit: limits, and the end by somebody's wish" * kNeedsRoot) {
  Commit many;
  for (int i = 0; i < 20; ++i) write_file(many.at(std::to_string(i)), "x");
  CHECK(many.run({10, 1 << 30}).error().step == "archive-limit");
  Commit big;
  write_file(big.at("f"), std::string(1 << 20, 'x'));
  CHECK(big.run({10, 1 << 19}).error().step == "archive-limit");
  Commit deep;
  std::string path;
  for (int i = 0; i < 300; ++i) path += "d/";
  fs::create_directories(deep.at(path));
  CHECK(deep.run().error().step == "archive-limit");
  Commit cancelled;
  cancelled.control.cancelled = true;
  CHECK(cancelled.run().error().number == ECANCELED);
}
