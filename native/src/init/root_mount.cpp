// The container's root: an overlay of the image's layers, or a directory. Made by the monitor, detached.
#include <linux/capability.h>

#include "attached_layers.h"
#include "host_mounts.h"
#include "id_map.h"

namespace bulkhead::init {

using plan::Root;
using plan::Step;

namespace {

// overlay takes at most 255 bytes for an option: its directories are named by descriptor, relative to /proc/self/fd.
using Option = Buffer<256>;
constexpr uint64_t kPrivate = uint64_t{1} << 18;  // MS_PRIVATE
constexpr int kDirectoryFlags = O_PATH | O_DIRECTORY;

int open_layer(Context& context, const char* path, int user_namespace) {
  if (user_namespace < 0) return must(context, sys::openat(AT_FDCWD, path, kDirectoryFlags), path);
  const int tree = must(context, sys::open_tree(AT_FDCWD, path, OPEN_TREE_CLONE), path);
  must(context, sys::mount_setattr(tree, 0, {MOUNT_ATTR_IDMAP, 0, 0, static_cast<uint64_t>(user_namespace)}), path);
  return tree;
}

// upper and work must lie in one mount: with an idmap, both are opened below an idmapped clone of their parent.
struct Writable {
  int parent = -1;
  int upper = -1;
  int work = -1;
};

size_t parent_length(const char* path) {
  size_t n = length(path);
  while (n > 1 && path[n - 1] != '/') n--;
  return n;
}

Writable open_writable(Context& context, const Root& root, int user_namespace) {
  const char* upper = context.text(root.upperDirectory);
  const char* work = context.text(root.workDirectory);
  Writable writable;
  if (user_namespace < 0) {
    writable.upper = open_layer(context, upper, -1);
    writable.work = open_layer(context, work, -1);
    return writable;
  }
  const size_t n = parent_length(upper);
  Buffer<4096> parent;
  if (parent.put(upper, upper + n).overflowed()) fail(context, -ENAMETOOLONG, upper);
  if (!starts_with(work, parent.text()) || parent_length(work) != n) fail(context, -EXDEV, work);
  writable.parent = open_layer(context, parent.text(), user_namespace);
  writable.upper = must(context, sys::openat(writable.parent, upper + n, kDirectoryFlags | O_NOFOLLOW), upper);
  writable.work = must(context, sys::openat(writable.parent, work + n, kDirectoryFlags | O_NOFOLLOW), work);
  return writable;
}

// An overlay's directories: the values of its options, and the idmapped mounts that they lie in.
struct Layers {
  Option lower;
  Writable writable;
  int idmapped[128];  // an option has no room for the names of more
  size_t idmapped_count = 0;
};

void set_option(Context& context, int fs, const char* key, int fd) {
  Option value;
  value.number(fd);
  must(context, sys::fsconfig(fs, FSCONFIG_SET_STRING, key, value.text(), 0), key);
}

// Becomes container root for the file system's eyes, yet keeps every capability: overlay remembers these credentials, makes
// its work directory with them, and through the idmapped upper that is id 0 on disk. (As host root the mount would succeed,
// but silently read-only: the work directory can't be made by an id that the idmap does not know.)
long become_on_disk(uint32_t uid, uint32_t gid) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  const long result = sys::call(__NR_capget, &header, data);
  if (result < 0) return result;
  sys::call(__NR_setfsgid, gid);
  sys::call(__NR_setfsuid, uid);
  // Leaving fsuid 0 clears the file-related capabilities from the effective set (capabilities(7)): raised again.
  return sys::call(__NR_capset, &header, data);
}

long create_as_container_root(Context& context, int fs) {
  long result = become_on_disk(root_outside(context, context.plan->uidMappings),
                               root_outside(context, context.plan->gidMappings));
  if (result >= 0) result = sys::fsconfig(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
  const long restored = become_on_disk(0, 0);
  return result < 0 ? result : restored;
}

// What is asked to be writable must be: overlay falls back to a read-only mount without an error.
void check_writable(Context& context, int mount) {
  struct {
    long type;
    long block_size;
    uint64_t counts[5];
    int fsid[2];
    long name_length;
    long fragment_size;
    long flags;
    long spare[4];
  } status{};
  must(context, sys::call(__NR_fstatfs, mount, &status));
  constexpr long kReadOnly = 1;  // ST_RDONLY
  if ((status.flags & kReadOnly) != 0) fail(context, -EROFS, "overlay");
}

void open_layers(Context& context, const Root& root, int user_namespace, Layers& layers) {
  const auto lowers = each(context, root.layers);
  // Overlay wants the topmost first.
  for (const auto* layer = lowers.end(); layer != lowers.begin();) {
    layer--;
    if (layers.lower.size() > 0) layers.lower.put(':');
    const int fd = open_layer(context, context.text(*layer), user_namespace);
    layers.lower.number(fd);
    if (layers.lower.overflowed()) fail(context, -E2BIG, "layers");
    if (user_namespace >= 0) layers.idmapped[layers.idmapped_count++] = fd;
  }
  if (root.upperDirectory.offset == 0) return;
  layers.writable = open_writable(context, root, user_namespace);
  if (user_namespace >= 0) layers.idmapped[layers.idmapped_count++] = layers.writable.parent;
}

int open_overlay(Context& context, const Root& root, const Layers& layers) {
  const int fs = must(context, sys::fsopen("overlay"), "overlay");
  must(context, sys::fsconfig(fs, FSCONFIG_SET_STRING, "source", "overlay", 0), "overlay");
  must(context, sys::fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir", layers.lower.text(), 0), "lowerdir");
  if (root.upperDirectory.offset == 0) return fs;
  set_option(context, fs, "upperdir", layers.writable.upper);
  set_option(context, fs, "workdir", layers.writable.work);
  // Whatever the host's defaults are: what is in the upper directory is all that has changed, so that it can become a layer.
  must(context, sys::fsconfig(fs, FSCONFIG_SET_STRING, "redirect_dir", "off", 0), "redirect_dir");
  must(context, sys::fsconfig(fs, FSCONFIG_SET_STRING, "metacopy", "off", 0), "metacopy");
  if (root.isVolatile != 0) must(context, sys::fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", nullptr, 0), "volatile");
  return fs;
}

// A configured, created overlay. Before Linux 6.15 the layers must be attached in the namespace of whom creates it: EINVAL.
int create_overlay(Context& context, const Root& root, const Layers& layers) {
  int fs = open_overlay(context, root, layers);
  const bool is_idmapped = layers.idmapped_count > 0;
  long result =
      is_idmapped ? create_as_container_root(context, fs) : sys::fsconfig(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
  if (result == -EINVAL && is_idmapped) {
    sys::close(fs);  // a context that has failed stays so
    fs = open_overlay(context, root, layers);
    result = create_with_attached(context, layers.idmapped, layers.idmapped_count, fs, create_as_container_root);
  }
  must(context, result, "overlay");
  return fs;
}

int make_overlay(Context& context, const Root& root, int user_namespace) {
  Layers layers;
  must(context, sys::chdir("/proc/self/fd"), "/proc/self/fd");
  open_layers(context, root, user_namespace, layers);
  const int fs = create_overlay(context, root, layers);
  must(context, sys::chdir("/"));
  const int mount = must(context, sys::fsmount(fs, root.attributes & ~uint64_t{MOUNT_ATTR_RDONLY}), "overlay");
  sys::close(fs);
  if (root.upperDirectory.offset != 0) check_writable(context, mount);
  return mount;
}

int make_directory_root(Context& context, const Root& root, int user_namespace) {
  const bool by_slot = root.directorySlot != plan::kNoSlot;
  const char* path = by_slot ? "" : context.text(root.directory);
  const int dir = by_slot ? slot_fd(root.directorySlot) : AT_FDCWD;
  const int tree = must(context, sys::open_tree(dir, path, OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE));
  // A clone of a shared mount is its peer: what the container mounts below would appear on the host.
  must(context, sys::mount_setattr(tree, AT_RECURSIVE, {0, 0, kPrivate, 0}));
  mount_attr attributes{root.attributes & ~uint64_t{MOUNT_ATTR_RDONLY}, 0, 0, 0};
  if (user_namespace >= 0) {
    attributes.attr_set |= MOUNT_ATTR_IDMAP;
    attributes.userns_fd = static_cast<uint64_t>(user_namespace);
  }
  if (attributes.attr_set != 0) must(context, sys::mount_setattr(tree, 0, attributes));
  return tree;
}

}  // namespace

int make_root_mount(Context& context, int user_namespace) {
  const Root& root = context.plan->root;
  enter(context, Step::kRootMount, context.text(root.directory.offset != 0 ? root.directory : root.upperDirectory));
  const int id_map = root.isIdMapped != 0 ? user_namespace : -1;
  return root.kind == plan::RootKind::kOverlay ? make_overlay(context, root, id_map)
                                               : make_directory_root(context, root, id_map);
}

}  // namespace bulkhead::init
