// Every look-up is one openat2 with RESOLVE_IN_ROOT: links of the archive are followed as a container would follow
// them, never out of the layer. A directory found so stays open: the next entry is likely to be in it.
#include "core/layers/layer_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cerrno>

#include "core/descriptor/directory_stream.h"
#include "core/descriptor/open_beneath.h"
#include "core/layers/errors.h"
#include "core/layers/metadata.h"
#include "core/layers/remove_tree.h"

namespace bulkhead {
namespace {

constexpr std::uint64_t kResolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
constexpr std::size_t kMaxOpen = 64;
// What the directories' records may take: a small archive can name millions of deep ones.
constexpr std::size_t kMaxPendingBytes = 128 * 1024 * 1024;

std::size_t footprint(const std::string& path, const Entry& metadata) {
  std::size_t bytes = sizeof(Entry) + path.size() + 64;
  for (const Xattr& xattr : metadata.xattrs) bytes += sizeof xattr + xattr.name.size() + xattr.value.size();
  return bytes;
}

Result<void> check_empty(int directory, const std::string& path) {
  UniqueFd fd(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return unpack_error(errno, path);
  const DirectoryStream stream = open_directory_stream(std::move(fd));
  if (!stream) return unpack_error(errno, path);
  int names = 0;
  while (readdir(stream.get()) != nullptr) ++names;
  return names > 2 ? Result<void>(unpack_error(ENOTEMPTY, path)) : Result<void>();
}

}  // namespace

Result<LayerTree> LayerTree::open(const std::string& directory, LowerLayers lower) {
  UniqueFd root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  LayerTree tree(std::move(root), std::move(lower));
  if (!tree.root_) return unpack_error(errno, directory);
  BULKHEAD_TRY(check_empty(tree.root_.get(), directory));
  BULKHEAD_TRY(tree.note("", tree.implied_metadata("")));
  return tree;
}

Result<int> LayerTree::directory(const std::string& path) {
  auto found = existing_directory(path);
  if (found.ok() || found.error().number != ENOENT) return found;
  BULKHEAD_TRY(make_missing(path));
  BULKHEAD_TRY(note(path, implied_metadata(path)));
  return existing_directory(path);
}

Result<int> LayerTree::existing_directory(const std::string& path) {
  if (path.empty()) return root_.get();
  const auto known = open_.find(path);
  if (known != open_.end()) return known->second.get();
  UniqueFd fd = open_resolved(path, O_PATH | O_DIRECTORY);
  if (!fd) return unpack_error(errno, path);
  return remember(path, std::move(fd));
}

Result<void> LayerTree::make_directory(const EntryPath& path, Entry entry) {
  if (path.is_root()) return note("", std::move(entry));
  const int parent = BULKHEAD_TRY(directory(path.parent));
  bool hides_lower = false;
  if (mkdirat(parent, path.base.c_str(), 0700) != 0) {
    struct stat status {};
    if (errno != EEXIST) return unpack_error(errno, path.full());
    if (fstatat(parent, path.base.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return unpack_error(errno, path.full());
    if (S_ISDIR(status.st_mode)) return note(path.full(), std::move(entry));
    // A whiteout and then a directory: nothing of the lower layers' directory is to be seen.
    hides_lower = S_ISCHR(status.st_mode) && status.st_rdev == 0;
    BULKHEAD_TRY(clear(path));
    const int again = BULKHEAD_TRY(directory(path.parent));
    if (mkdirat(again, path.base.c_str(), 0700) != 0) return unpack_error(errno, path.full());
  }
  BULKHEAD_TRY(note(path.full(), std::move(entry)));
  return hides_lower ? make_opaque(path.full()) : Result<void>();
}

Result<void> LayerTree::clear(const EntryPath& path) {
  const int parent = BULKHEAD_TRY(existing_directory(path.parent));
  auto removed = remove_tree_at(parent, path.base);
  // Descriptors may lead into what was removed, or have been found through a link that was.
  open_.clear();
  if (!removed.ok()) return unpack_error(removed.error().number, path.full());
  return {};
}

Result<void> LayerTree::make_opaque(const std::string& path) {
  BULKHEAD_TRY(directory(path));
  const UniqueFd fd = open_resolved(path, O_RDONLY | O_DIRECTORY);
  if (!fd || fsetxattr(fd.get(), "trusted.overlay.opaque", "y", 1, 0) != 0) return unpack_error(errno, path);
  return {};
}

Result<void> LayerTree::finish() {
  open_.clear();
  for (const Pending& pending : pending_) BULKHEAD_TRY(finish(pending));
  return {};
}

// A directory that was replaced meanwhile is not the one that was noted: passed over.
Result<void> LayerTree::finish(const Pending& pending) const {
  const UniqueFd fd = open_resolved(pending.path, O_RDONLY | O_DIRECTORY);
  if (!fd)
    return errno == ENOENT || errno == ENOTDIR ? Result<void>() : Result<void>(unpack_error(errno, pending.path));
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return unpack_error(errno, pending.path);
  if (status.st_ino != pending.inode) return {};
  return apply_metadata(fd.get(), pending.metadata, pending.path);
}

UniqueFd LayerTree::open_resolved(const std::string& path, std::uint64_t flags) const {
  return open_beneath(root_.get(), path.empty() ? "." : path, flags, 0, kResolve);
}

int LayerTree::remember(const std::string& path, UniqueFd fd) {
  if (open_.size() >= kMaxOpen) open_.clear();
  return open_.insert_or_assign(path, std::move(fd)).first->second.get();
}

Result<void> LayerTree::make_missing(const std::string& path) {
  const EntryPath parts = split_path(path);
  const int parent = BULKHEAD_TRY(directory(parts.parent));
  if (mkdirat(parent, parts.base.c_str(), 0700) == 0) return {};
  // It exists and yet can't be opened: a symbolic link to nowhere.
  if (errno == EEXIST) return archive_error(path, "its directory is a symbolic link that leads nowhere");
  return unpack_error(errno, path);
}

Entry LayerTree::implied_metadata(const std::string& path) const {
  Entry entry;
  entry.kind = EntryKind::kDirectory;
  entry.mode = 0755;
  if (const auto status = lower_.find_directory(path)) {
    entry.mode = status->st_mode & 07777;
    entry.uid = status->st_uid;
    entry.gid = status->st_gid;
    entry.mtime_seconds = status->st_mtim.tv_sec;
    entry.mtime_nanoseconds = static_cast<std::uint32_t>(status->st_mtim.tv_nsec);
  }
  return entry;
}

Result<void> LayerTree::note(const std::string& path, Entry metadata) {
  const EntryPath parts = split_path(path);
  const int parent = BULKHEAD_TRY(existing_directory(parts.parent));
  struct stat status {};
  const char* base = parts.is_root() ? "." : parts.base.c_str();
  if (fstatat(parent, base, &status, AT_SYMLINK_NOFOLLOW) != 0) return unpack_error(errno, path);
  metadata.name.clear();
  metadata.name.shrink_to_fit();
  pending_bytes_ += footprint(path, metadata);
  if (pending_bytes_ > kMaxPendingBytes) return limit_error("directories");
  pending_.push_back({path, status.st_ino, std::move(metadata)});
  return {};
}

}  // namespace bulkhead
