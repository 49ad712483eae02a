// A function per kind of entry.
#include "core/layers/layer_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "core/layers/errors.h"
#include "core/layers/file_data.h"
#include "core/layers/metadata.h"

namespace bulkhead {
namespace {

constexpr std::size_t kMaxLinkTarget = 4095;

mode_t node_type(EntryKind kind) {
  if (kind == EntryKind::kCharDevice) return S_IFCHR;
  return kind == EntryKind::kBlockDevice ? S_IFBLK : S_IFIFO;
}

bool is_device(EntryKind kind) { return kind == EntryKind::kCharDevice || kind == EntryKind::kBlockDevice; }

}  // namespace

Result<std::uint64_t> LayerWriter::write_all(EntrySource& source, std::uint64_t max_entries) {
  for (std::uint64_t entries = 0;; ++entries) {
    std::optional<Entry> entry = BULKHEAD_TRY(source.next());
    if (!entry) return entries;
    if (entries == max_entries) return limit_error("entries");
    BULKHEAD_TRY(write(std::move(*entry), source));
  }
}

Result<void> LayerWriter::write(Entry entry, EntrySource& source) {
  EntryPath path = BULKHEAD_TRY(parse_entry_path(entry.name));
  switch (BULKHEAD_TRY(take_marker(path))) {
    case Marker::kIgnored:
      return {};
    case Marker::kOpaque:
      return tree_.make_opaque(path.parent);
    case Marker::kWhiteout:
      return write_whiteout(path, entry);
    case Marker::kNone:
      break;
  }
  if (entry.kind == EntryKind::kDirectory) return tree_.make_directory(path, std::move(entry));
  if (path.is_root()) return archive_error(entry.name, "the root can only be a directory");
  switch (entry.kind) {
    case EntryKind::kFile:
      return write_file(path, entry, source);
    case EntryKind::kHardLink:
      return write_link(path, entry);
    case EntryKind::kSymlink:
      return write_symlink(path, entry);
    default:
      return write_node(path, entry);
  }
}

template <class Make>
Result<int> LayerWriter::make_in_place(const EntryPath& path, Make make) {
  for (bool cleared = false;; cleared = true) {
    const int parent = BULKHEAD_TRY(tree_.directory(path.parent));
    if (make(parent) == 0) return parent;
    if (errno != EEXIST || cleared) return unpack_error(errno, path.full());
    BULKHEAD_TRY(tree_.clear(path));
  }
}

Result<void> LayerWriter::write_file(const EntryPath& path, const Entry& entry, EntrySource& source) {
  UniqueFd file;
  BULKHEAD_TRY(make_in_place(path, [&](int parent) {
    file.reset(openat(parent, path.base.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    return file ? 0 : -1;
  }));
  BULKHEAD_TRY(write_data(file.get(), entry, source));
  return apply_metadata(file.get(), entry, path.full());
}

// The target is looked up beneath the layer's root and must not be a directory, which link(2) refuses by itself
// (EPERM). A symbolic link is linked itself, not what it points to.
Result<void> LayerWriter::write_link(const EntryPath& path, const Entry& entry) {
  const EntryPath target = BULKHEAD_TRY(parse_entry_path(entry.link));
  if (target.is_root()) return archive_error(entry.name, "a hard link to a directory");
  if (target.full() == path.full()) return {};
  const auto link_it = [&](int parent) {
    // The second look-up may close what the first has returned.
    const UniqueFd own_parent(fcntl(parent, F_DUPFD_CLOEXEC, 0));
    const auto target_parent = tree_.existing_directory(target.parent);
    if (!own_parent) return -1;
    if (!target_parent.ok()) {
      errno = target_parent.error().number;
      return -1;
    }
    return linkat(target_parent.value(), target.base.c_str(), own_parent.get(), path.base.c_str(), 0);
  };
  BULKHEAD_TRY(make_in_place(path, link_it));
  return {};
}

Result<void> LayerWriter::write_symlink(const EntryPath& path, const Entry& entry) {
  const bool valid = !entry.link.empty() && entry.link.size() <= kMaxLinkTarget;
  if (!valid) return archive_error(entry.name, "a symbolic link without a target, or with too long a one");
  const auto make = [&](int parent) { return symlinkat(entry.link.c_str(), parent, path.base.c_str()); };
  const int parent = BULKHEAD_TRY(make_in_place(path, make));
  return apply_metadata_at(parent, path.base, entry, path.full());
}

Result<void> LayerWriter::write_node(const EntryPath& path, const Entry& entry) {
  const dev_t device = is_device(entry.kind) ? makedev(entry.device_major, entry.device_minor) : 0;
  // That is how overlayfs writes a whiteout: in a layer only `.wh.` names may say so.
  if (entry.kind == EntryKind::kCharDevice && device == 0) return archive_error(entry.name, "the device 0:0");
  const auto make = [&](int parent) {
    return mknodat(parent, path.base.c_str(), node_type(entry.kind) | 0600, device);
  };
  const int parent = BULKHEAD_TRY(make_in_place(path, make));
  return apply_metadata_at(parent, path.base, entry, path.full());
}

// A whiteout hides what lower layers have. What this layer itself has of that name stays: a directory becomes opaque,
// and anything else hides the lower layers' anyway.
Result<void> LayerWriter::write_whiteout(const EntryPath& path, const Entry& entry) {
  const bool is_plain = entry.kind == EntryKind::kFile || entry.kind == EntryKind::kHardLink;
  if (!is_plain) return archive_error(entry.name, "a whiteout must be a plain file");
  const int parent = BULKHEAD_TRY(tree_.directory(path.parent));
  if (mknodat(parent, path.base.c_str(), S_IFCHR, 0) == 0) return {};
  struct stat status {};
  if (errno != EEXIST) return unpack_error(errno, path.full());
  if (fstatat(parent, path.base.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return unpack_error(errno, path.full());
  return S_ISDIR(status.st_mode) ? tree_.make_opaque(path.full()) : Result<void>();
}

}  // namespace bulkhead
