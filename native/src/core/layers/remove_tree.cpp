// Depth first. Directories deeper than kMaxDepth are first moved up to the top of the tree, so that however deep a
// container has made its tree, a bounded number of descriptors and of stack frames is enough.
#include "core/layers/remove_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/descriptor/directory_stream.h"
#include "core/descriptor/open_beneath.h"

namespace bulkhead {
namespace {

constexpr int kMaxDepth = 64;
// RESOLVE_NO_XDEV also stops at bind mounts of the same file system, which st_dev would not show.
constexpr std::uint64_t kResolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;

Error failure(const std::string& object) { return make_error("remove", errno, object); }

UniqueFd open_directory(int parent, const std::string& name) {
  return open_beneath(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, kResolve);
}

/** Empties the directory `top`. */
class Emptier {
 public:
  explicit Emptier(int top) : top_(top) {}

  Result<void> run() {
    do {
      moved_up_ = false;
      UniqueFd again(openat(top_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!again) return failure(".");
      BULKHEAD_TRY(empty(std::move(again), 0));
    } while (moved_up_);
    return {};
  }

 private:
  Result<void> empty(UniqueFd fd, int depth) {
    const DirectoryStream directory = open_directory_stream(std::move(fd));
    if (!directory) return failure(".");
    const int parent = dirfd(directory.get());
    errno = 0;
    while (const dirent* entry = readdir(directory.get())) {
      if (!is_dot(entry->d_name)) BULKHEAD_TRY(remove(parent, entry->d_name, entry->d_type, depth));
      errno = 0;
    }
    return errno == 0 ? Result<void>() : Result<void>(failure("."));
  }

  Result<void> remove(int parent, const std::string& name, unsigned char type, int depth) {
    if (type != DT_DIR) {
      if (unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
      if (errno != EISDIR) return failure(name);
    }
    if (depth >= kMaxDepth) return move_up(parent, name);
    UniqueFd child = open_directory(parent, name);
    if (!child) return errno == ENOENT ? Result<void>() : Result<void>(failure(name));
    BULKHEAD_TRY(empty(std::move(child), depth + 1));
    if (unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
    return failure(name);
  }

  Result<void> move_up(int parent, const std::string& name) {
    const std::string unused = ".removing-" + std::to_string(next_++);
    if (renameat2(parent, name.c_str(), top_, unused.c_str(), RENAME_NOREPLACE) == 0) {
      moved_up_ = true;
      return {};
    }
    return errno == EEXIST ? move_up(parent, name) : Result<void>(failure(name));
  }

  int top_;
  unsigned next_ = 0;
  bool moved_up_ = false;
};

}  // namespace

Result<void> remove_tree(const std::string& path) {
  const std::size_t slash = path.find_last_not_of('/');
  const std::string trimmed = path.substr(0, slash == std::string::npos ? 0 : slash + 1);
  const std::size_t last = trimmed.rfind('/');
  if (last == std::string::npos) return make_error("remove", EINVAL, path);
  const std::string parent = last == 0 ? "/" : trimmed.substr(0, last);
  const UniqueFd directory(open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return errno == ENOENT ? Result<void>() : Result<void>(failure(path));
  auto removed = remove_tree_at(directory.get(), trimmed.substr(last + 1));
  if (!removed.ok()) removed.error().object = path + ": " + removed.error().object;
  return removed;
}

Result<void> remove_tree_at(int directory, const std::string& name) {
  if (unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR) return failure(name);
  const UniqueFd top = open_directory(directory, name);
  if (!top) return errno == ENOENT ? Result<void>() : Result<void>(failure(name));
  BULKHEAD_TRY(Emptier(top.get()).run());
  if (unlinkat(directory, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
  return failure(name);
}

}  // namespace bulkhead
