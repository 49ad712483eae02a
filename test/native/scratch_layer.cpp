// Plain std::filesystem: another way to look at things than the code under test takes.
#include "scratch_layer.h"

#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace bulkhead::test {
namespace fs = std::filesystem;
namespace {

std::string describe(const std::string& path) {
  struct stat status {};
  lstat(path.c_str(), &status);
  std::string text = path + " " + std::to_string(status.st_mode) + " " + std::to_string(status.st_uid) + " " +
                     std::to_string(status.st_nlink) + " " + std::to_string(status.st_mtim.tv_sec) + "." +
                     std::to_string(status.st_mtim.tv_nsec) + " " + std::to_string(status.st_ctim.tv_nsec);
  if (S_ISREG(status.st_mode)) text += " " + read_file(path);
  return text + "\n";
}

}  // namespace

ScratchLayer::ScratchLayer() {
  char pattern[] = "/tmp/bulkhead-layer-XXXXXX";
  base_ = mkdtemp(pattern);
  fs::create_directory(layer());
  fs::permissions(layer(), fs::perms::owner_all);
  fs::create_directories(outside() + "/directory");
  write_file(outside() + "/canary", "alive");
  write_file(outside() + "/directory/file", "safe");
  fs::permissions(outside() + "/canary", fs::perms::owner_read);
  before_ = snapshot();
}

ScratchLayer::~ScratchLayer() { fs::remove_all(base_); }

Result<Unpacked> ScratchLayer::unpack(const std::string& blob, LayerLimits limits,
                                      const std::vector<std::string>& lower) {
  // Not in base_: the file would change what is outside.
  char pattern[] = "/tmp/bulkhead-blob-XXXXXX";
  const int file = mkstemp(pattern);
  write_file(pattern, blob);
  ReadControl control;
  auto unpacked = unpack_layer({pattern, layer(), lower, limits}, control);
  unlink(pattern);
  close(file);
  return unpacked;
}

struct stat ScratchLayer::status(const std::string& name) const {
  struct stat status {};
  lstat(path(name).c_str(), &status);
  return status;
}

bool ScratchLayer::exists(const std::string& name) const { return fs::exists(fs::symlink_status(path(name))); }

std::string ScratchLayer::content(const std::string& name) const { return read_file(path(name)); }

std::string ScratchLayer::link(const std::string& name) const { return fs::read_symlink(path(name)); }

std::string ScratchLayer::xattr(const std::string& name, const std::string& attribute) const {
  std::array<char, 65536> value;
  const ssize_t size = lgetxattr(path(name).c_str(), attribute.c_str(), value.data(), value.size());
  return size < 0 ? "" : std::string(value.data(), static_cast<std::size_t>(size));
}

bool ScratchLayer::is_whiteout(const std::string& name) const {
  const struct stat found = status(name);
  return S_ISCHR(found.st_mode) && found.st_rdev == 0;
}

std::vector<std::string> ScratchLayer::names() const { return names_below(layer()); }

std::string ScratchLayer::snapshot() const {
  std::string text = describe(outside());
  for (const std::string& name : names_below(outside())) text += describe(outside() + "/" + name);
  std::vector<std::string> beside;
  for (const auto& entry : fs::directory_iterator(base_)) beside.push_back(entry.path().filename());
  std::sort(beside.begin(), beside.end());
  for (const std::string& name : beside) text += name + "\n";
  return text;
}

std::vector<std::string> names_below(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    names.push_back(entry.path().lexically_relative(directory));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace bulkhead::test
