// The caches of filters: what is a hit, and what is not trusted.
#include "core/seccomp/cache.h"

#include <doctest.h>
#include <seccomp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace bulkhead;
namespace fs = std::filesystem;

namespace {

oci::Seccomp profile(const char* name) {
  oci::Seccomp result;
  result.default_action = SCMP_ACT_ALLOW;
  result.rules.push_back({.names = {name}, .action = SCMP_ACT_ERRNO(1), .arguments = {}});
  return result;
}

struct Directory {
  Directory() {
    char name[] = "/tmp/bulkhead-test-XXXXXX";
    path = mkdtemp(name);
  }
  ~Directory() { fs::remove_all(path); }
  std::string path;
};

std::string cached_file(const std::string& directory) {
  for (const auto& entry : fs::directory_iterator(directory)) return entry.path();
  return {};
}

void overwrite(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

}  // namespace

TEST_CASE("the canonical form changes with everything that changes the filter") {
  const oci::Seccomp base = profile("mount");
  const std::string key = seccomp::canonical_profile(base);
  CHECK(key == seccomp::canonical_profile(profile("mount")));
  CHECK(key != seccomp::canonical_profile(profile("umount2")));
  oci::Seccomp other = base;
  other.default_action = SCMP_ACT_LOG;
  CHECK(key != seccomp::canonical_profile(other));
  other = base;
  other.rules[0].arguments.push_back({.index = 0, .value = 1, .value_two = 0, .comparison = SCMP_CMP_EQ});
  CHECK(key != seccomp::canonical_profile(other));
  other = base;
  other.architectures.push_back(SCMP_ARCH_X86);
  CHECK(key != seccomp::canonical_profile(other));
  // Names can't run into one another.
  oci::Seccomp one = base, two = base;
  one.rules[0].names = {"ab", "c"};
  two.rules[0].names = {"a", "bc"};
  CHECK(seccomp::canonical_profile(one) != seccomp::canonical_profile(two));
}

TEST_CASE("in memory a profile is compiled once") {
  seccomp::MemoryCache cache;
  const std::string first = cache.get(profile("mount")).take();
  CHECK(first == cache.get(profile("mount")).take());
  CHECK(first != cache.get(profile("umount2")).take());
}

TEST_CASE("on disk: a directory of its own, 0700, and files that are read back") {
  const Directory parent;
  const std::string directory = parent.path + "/run/seccomp";
  const seccomp::DiskCache cache(directory);
  const std::string first = cache.get(profile("mount")).take();
  struct stat status {};
  REQUIRE(stat(directory.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  const std::string file = cached_file(directory);
  // The file is read and not written again: it stays the same one.
  struct stat before {
  }, after{};
  REQUIRE(stat(file.c_str(), &before) == 0);
  CHECK(cache.get(profile("mount")).take() == first);
  REQUIRE(stat(file.c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
}

TEST_CASE("on disk: what is cut off or changed is compiled anew") {
  const Directory parent;
  const std::string directory = parent.path + "/seccomp";
  const seccomp::DiskCache cache(directory);
  const std::string right = cache.get(profile("mount")).take();
  const std::string file = cached_file(directory);
  std::ifstream stream(file, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(stream)), {});
  std::string flipped = content;
  flipped[flipped.size() - 5] = static_cast<char>(flipped[flipped.size() - 5] ^ 1);
  for (const std::string& wrong : {std::string(), content.substr(0, 32), content.substr(0, content.size() - 8), flipped,
                                   content + std::string(1 << 20, 'x')}) {
    overwrite(file, wrong);
    CHECK(cache.get(profile("mount")).take() == right);
  }
}

TEST_CASE("on disk: a file under the name of another profile is not taken for it") {
  const Directory parent;
  const std::string directory = parent.path + "/seccomp";
  const seccomp::DiskCache cache(directory);
  const std::string mount = cache.get(profile("mount")).take();
  const std::string name = cached_file(directory);
  fs::rename(name, parent.path + "/mount");
  const std::string umount = cache.get(profile("umount2")).take();
  fs::rename(parent.path + "/mount", cached_file(directory));
  CHECK(mount != umount);
  CHECK(cache.get(profile("umount2")).take() == umount);
}

TEST_CASE("on disk: a directory that others can write, or a link, is not used") {
  const Directory parent;
  const std::string directory = parent.path + "/open";
  fs::create_directory(directory);
  fs::permissions(directory, fs::perms(0777));
  CHECK(seccomp::DiskCache(directory).get(profile("mount")).ok());
  CHECK(cached_file(directory).empty());
  const std::string real = parent.path + "/real";
  fs::create_directory(real);
  fs::permissions(real, fs::perms(0700));
  fs::create_directory_symlink(real, parent.path + "/link");
  CHECK(seccomp::DiskCache(parent.path + "/link").get(profile("mount")).ok());
  CHECK(cached_file(real).empty());
}
