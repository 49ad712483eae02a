// fstat has been done: what is left are links and extended attributes, by the node's descriptor.
#include "core/layers/tree_entry.h"

#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "core/layers/metadata.h"

namespace bulkhead {
namespace {

constexpr const char* kStep = "read-tree";
constexpr std::size_t kMaxXattr = 64 * 1024;  // XATTR_LIST_MAX and XATTR_SIZE_MAX of the kernel

EntryKind kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return EntryKind::kDirectory;
    case S_IFLNK:
      return EntryKind::kSymlink;
    case S_IFCHR:
      return EntryKind::kCharDevice;
    case S_IFBLK:
      return EntryKind::kBlockDevice;
    case S_IFIFO:
      return EntryKind::kFifo;
    default:
      return EntryKind::kFile;
  }
}

Result<std::string> link_target(const TreeNode& node) {
  std::array<char, 4096> target;
  const ssize_t size = readlinkat(node.fd.get(), "", target.data(), target.size());
  if (size < 0) return make_error(kStep, errno, node.path);
  return std::string(target.data(), static_cast<std::size_t>(size));
}

// An O_PATH descriptor is not for f*xattr(2); the magic link leads to the node itself, also if that is a symbolic link.
std::string by_descriptor(const TreeNode& node) { return "/proc/self/fd/" + std::to_string(node.fd.get()); }

/** Empty: it has none, or went meanwhile; some file systems know no attributes. */
Result<std::string> xattr_names(const TreeNode& node, const std::string& place) {
  std::string names(kMaxXattr, '\0');
  const ssize_t size = listxattr(place.c_str(), names.data(), names.size());
  if (size < 0 && errno != EOPNOTSUPP) return make_error(kStep, errno, node.path);
  names.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return names;
}

bool is_kept_elsewhere(std::string_view name) {
  return name == "trusted.overlay.redirect" || name == "trusted.overlay.metacopy";
}

Result<void> add_xattr(const TreeNode& node, const std::string& place, const std::string& name, Entry& entry) {
  if (is_kept_elsewhere(name)) return make_error(kStep, EOPNOTSUPP, node.path);
  if (!is_layer_xattr(name)) return {};
  std::string value(kMaxXattr, '\0');
  const ssize_t size = getxattr(place.c_str(), name.c_str(), value.data(), value.size());
  if (size < 0 && errno == ENODATA) return {};
  if (size < 0) return make_error(kStep, errno, node.path + ": " + name);
  value.resize(static_cast<std::size_t>(size));
  entry.xattrs.push_back({name, std::move(value)});
  return {};
}

Result<void> add_xattrs(const TreeNode& node, Entry& entry) {
  const std::string place = by_descriptor(node);
  const std::string names = BULKHEAD_TRY(xattr_names(node, place));
  for (std::size_t at = 0; at < names.size();) {
    const std::string name(names.c_str() + at);
    at += name.size() + 1;
    BULKHEAD_TRY(add_xattr(node, place, name, entry));
  }
  std::ranges::sort(entry.xattrs, {}, &Xattr::name);
  return {};
}

}  // namespace

Result<Entry> entry_of_node(const TreeNode& node) {
  Entry entry;
  entry.kind = kind_of(node.status.st_mode);
  entry.name = node.path;
  entry.mode = node.status.st_mode & 07777;
  entry.uid = node.status.st_uid;
  entry.gid = node.status.st_gid;
  entry.mtime_seconds = node.status.st_mtim.tv_sec;
  entry.mtime_nanoseconds = static_cast<std::uint32_t>(node.status.st_mtim.tv_nsec);
  entry.device_major = major(node.status.st_rdev);
  entry.device_minor = minor(node.status.st_rdev);
  if (entry.kind == EntryKind::kFile) entry.size = static_cast<std::uint64_t>(node.status.st_size);
  if (entry.kind == EntryKind::kSymlink) entry.link = BULKHEAD_TRY(link_target(node));
  BULKHEAD_TRY(add_xattrs(node, entry));
  return entry;
}

}  // namespace bulkhead
