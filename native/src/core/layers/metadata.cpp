// The order, and which extended attributes an image may bring.
#include "core/layers/metadata.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "core/descriptor/unique_fd.h"
#include "core/layers/errors.h"

namespace bulkhead {
namespace {

constexpr std::size_t kMaxXattrValue = 64 * 1024;  // XATTR_SIZE_MAX of the kernel

bool needs_owner(const Entry& entry) { return entry.uid != 0 || entry.gid != 0; }

// user.* is not for links and devices (EPERM), and some file systems have none: what nobody can store is no failure,
// but a program's capabilities are.
bool is_bearable(int number, std::string_view name) {
  return (number == EPERM || number == EOPNOTSUPP) && name != "security.capability";
}

template <class SetOne>
Result<void> set_xattrs(const Entry& entry, const std::string& path, SetOne set_one) {
  for (const Xattr& xattr : entry.xattrs) {
    if (!is_layer_xattr(xattr.name)) continue;
    if (xattr.value.size() > kMaxXattrValue) return limit_error("an extended attribute of more than 64 KiB");
    if (set_one(xattr) != 0 && !is_bearable(errno, xattr.name)) return unpack_error(errno, path + ": " + xattr.name);
  }
  return {};
}

struct Times {
  timespec values[2];
  explicit Times(const Entry& entry) : values{{0, UTIME_OMIT}, {entry.mtime_seconds, entry.mtime_nanoseconds}} {}
};

std::string by_descriptor(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

// Through an O_PATH descriptor: it is the node itself, and not what may be put in its place.
Result<void> set_mode(int directory, const std::string& name, const Entry& entry, const std::string& path) {
  const UniqueFd node(openat(directory, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!node || chmod(by_descriptor(node.get()).c_str(), entry.mode) != 0) return unpack_error(errno, path);
  return {};
}

}  // namespace

bool is_layer_xattr(std::string_view name) {
  if (name.starts_with("trusted.overlay.") || name.starts_with("user.overlay.")) return false;
  if (name.starts_with("security.")) return name == "security.capability";
  return name.starts_with("user.") || name.starts_with("trusted.") || name.starts_with("system.posix_acl_");
}

Result<void> apply_metadata(int fd, const Entry& entry, const std::string& path) {
  if (needs_owner(entry) && fchown(fd, entry.uid, entry.gid) != 0) return unpack_error(errno, path);
  if (fchmod(fd, entry.mode) != 0) return unpack_error(errno, path);
  BULKHEAD_TRY(set_xattrs(entry, path, [&](const Xattr& xattr) {
    return fsetxattr(fd, xattr.name.c_str(), xattr.value.data(), xattr.value.size(), 0);
  }));
  if (futimens(fd, Times(entry).values) != 0) return unpack_error(errno, path);
  return {};
}

Result<void> apply_metadata_at(int directory, const std::string& name, const Entry& entry, const std::string& path) {
  const bool owner_set =
      !needs_owner(entry) || fchownat(directory, name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) == 0;
  if (!owner_set) return unpack_error(errno, path);
  if (entry.kind != EntryKind::kSymlink) BULKHEAD_TRY(set_mode(directory, name, entry, path));
  BULKHEAD_TRY(set_xattrs(entry, path, [&](const Xattr& xattr) {
    const std::string node = by_descriptor(directory) + "/" + name;
    return lsetxattr(node.c_str(), xattr.name.c_str(), xattr.value.data(), xattr.value.size(), 0);
  }));
  if (utimensat(directory, name.c_str(), Times(entry).values, AT_SYMLINK_NOFOLLOW) != 0)
    return unpack_error(errno, path);
  return {};
}

}  // namespace bulkhead
