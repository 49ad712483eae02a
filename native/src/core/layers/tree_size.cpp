// Depth first. Whoever makes the tree may change it meanwhile: each step is taken from an open directory, so that nothing outside
// of it is ever looked at.
#include "core/layers/tree_size.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

#include "core/descriptor/directory_stream.h"
#include "core/descriptor/open_beneath.h"
#include "core/descriptor/unique_fd.h"

namespace bulkhead {
namespace {

// So many descriptors and stack frames at most.
constexpr int kMaxDepth = 256;
constexpr std::uint64_t kBlockBytes = 512;
constexpr std::uint64_t kResolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;

std::uint64_t size_within(UniqueFd fd, int depth);

std::uint64_t size_of_entry(int parent, const char* name, int depth) {
  struct stat status {};
  if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) return 0;
  const std::uint64_t own = static_cast<std::uint64_t>(status.st_blocks) * kBlockBytes;
  if (!S_ISDIR(status.st_mode) || depth >= kMaxDepth) return own;
  return own + size_within(open_beneath(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, kResolve), depth + 1);
}

std::uint64_t size_within(UniqueFd fd, int depth) {
  if (!fd) return 0;
  const DirectoryStream directory = open_directory_stream(std::move(fd));
  if (!directory) return 0;
  const int parent = dirfd(directory.get());
  std::uint64_t bytes = 0;
  while (const dirent* entry = readdir(directory.get()))
    if (!is_dot(entry->d_name)) bytes += size_of_entry(parent, entry->d_name, depth);
  return bytes;
}

}  // namespace

std::uint64_t tree_size(const std::string& path) {
  struct stat status {};
  UniqueFd top(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!top || fstat(top.get(), &status) != 0) return 0;
  return static_cast<std::uint64_t>(status.st_blocks) * kBlockBytes + size_within(std::move(top), 0);
}

}  // namespace bulkhead
