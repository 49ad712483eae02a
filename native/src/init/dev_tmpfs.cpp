// Device nodes, always in a tmpfs of the monitor's own: no other process can reach it before it is complete.
// Safe because mknod happens only there, by descriptor; nothing is ever created through the image's /dev (CVE-2026-41579).
#include <linux/kdev_t.h>

#include "host_mounts.h"
#include "id_map.h"
#include "mounts.h"
#include "resolve.h"

namespace bulkhead::init {

using plan::DevEntry;
using plan::EntryKind;
using plan::Step;

namespace {

// The kernel's encoding of dev_t in system calls (new_encode_dev).
uint64_t device_number(uint32_t major, uint32_t minor) {
  return (minor & 0xff) | (uint64_t{major} << 8) | ((uint64_t{minor} & ~uint64_t{0xff}) << 12);
}

long make_entry(Context& context, int parent, const char* name, const DevEntry& entry) {
  switch (entry.kind) {
    case EntryKind::kDirectory:
      return sys::mkdirat(parent, name, entry.mode);
    case EntryKind::kSymlink:
      return sys::symlinkat(context.text(entry.target), parent, name);
    case EntryKind::kFile:
      return sys::mknodat(parent, name, S_IFREG | entry.mode, 0);
    case EntryKind::kNode:
      return sys::mknodat(parent, name, entry.mode, device_number(entry.major, entry.minor));
  }
  return -EINVAL;
}

void add_entry(Context& context, int tmpfs, const DevEntry& entry) {
  const char* path = context.text(entry.path);
  const char* name = path;
  const bool is_nested = find(path, '/') != nullptr;
  const int parent = is_nested ? must(context, make_parent_below(tmpfs, path, &name), path) : tmpfs;
  const long made = make_entry(context, parent, name, entry);
  if (made < 0 && made != -EEXIST) fail(context, made, path);
  if (made == 0 && (entry.uid != 0 || entry.gid != 0)) {
    must(context, sys::fchownat(parent, name, entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW), path);
  }
  if (is_nested) sys::close(parent);
}

int configure_tmpfs(Context& context, const plan::Mount& mount) {
  const int fs = must(context, sys::fsopen("tmpfs"));
  for (const auto& option : each(context, mount.options)) {
    const char* value = context.optional(option.value);
    must(context, sys::fsconfig(fs, value == nullptr ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING,
                                context.text(option.key), value, 0));
  }
  must(context, sys::fsconfig(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0));
  const int tmpfs = must(context, sys::fsmount(fs, mount.attributesSet & ~uint64_t{MOUNT_ATTR_RDONLY}));
  sys::close(fs);
  const uint32_t uid = root_outside(context, context.plan->uidMappings);
  const uint32_t gid = root_outside(context, context.plan->gidMappings);
  if (uid != 0 || gid != 0) must(context, sys::fchownat(tmpfs, "", uid, gid, AT_EMPTY_PATH));
  return tmpfs;
}

}  // namespace

int make_dev_tmpfs(Context& context, const plan::Mount& mount, int* null_device) {
  const int tmpfs = configure_tmpfs(context, mount);
  for (const auto& entry : each(context, context.plan->devEntries)) {
    add_entry(context, tmpfs, entry);
    if (entry.kind == EntryKind::kNode && entry.major == 1 && entry.minor == 3 &&
        equal(context.text(entry.path), "null")) {
      *null_device = must(context, sys::openat(tmpfs, "null", O_RDWR | O_NOFOLLOW), "/dev/null");
    }
  }
  return tmpfs;
}

int make_device_nodes(Context& context) {
  enter(context, Step::kDevice);
  const int tmpfs = must(context, new_filesystem("tmpfs", nullptr, nullptr, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
  Buffer<16> name;
  uint64_t index = 0;
  for (const auto& device : each(context, context.plan->devices)) {
    name.clear();
    name.number(index++);
    must(context, sys::mknodat(tmpfs, name.text(), device.mode, device_number(device.major, device.minor)),
         context.text(device.path));
    must(context, sys::fchownat(tmpfs, name.text(), device.uid, device.gid, AT_SYMLINK_NOFOLLOW),
         context.text(device.path));
  }
  return tmpfs;
}

}  // namespace bulkhead::init
