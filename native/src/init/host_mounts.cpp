// The mounts that need the host's privilege or the host's paths: made by the monitor, detached, by descriptor.
#include "host_mounts.h"

#include "id_map.h"
#include "socket.h"

namespace bulkhead::init {

using plan::Mount;
using plan::MountKind;
using plan::Step;

namespace {

// Safe because no magic link of procfs is followed: a source such as /proc/self/fd/5 would be one of this process's own
// descriptors. (O_DIRECTORY first: a plain O_PATH does not mount what is mounted on demand.)
long open_source(Context& context, const Mount& mount) {
  const char* path = context.text(mount.source);
  const uint64_t follow = (mount.flags & plan::kMountSourceNoFollow) != 0 ? O_NOFOLLOW : 0;
  const long directory = sys::openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY | follow, RESOLVE_NO_MAGICLINKS);
  if (directory != -ENOTDIR) return directory;
  return sys::openat2(AT_FDCWD, path, O_PATH | follow, RESOLVE_NO_MAGICLINKS);
}

long clone_source(Context& context, const Mount& mount) {
  const unsigned recursive = (mount.flags & plan::kMountRecursive) != 0 ? AT_RECURSIVE : 0;
  if (mount.sourceSlot != plan::kNoSlot) {
    return sys::open_tree(slot_fd(mount.sourceSlot), "", OPEN_TREE_CLONE | AT_EMPTY_PATH | recursive);
  }
  const long source = open_source(context, mount);
  if (source < 0) return source;
  const long tree = sys::open_tree(static_cast<int>(source), "", OPEN_TREE_CLONE | AT_EMPTY_PATH | recursive);
  sys::close(static_cast<int>(source));
  return tree;
}

// A clone of a shared mount is its peer until this says otherwise, so it is said before the clone is attached anywhere.
long set_propagation(const Mount& mount, int tree) {
  constexpr uint64_t kRecursive = uint64_t{1} << 14;  // MS_REC
  constexpr uint64_t kPrivate = uint64_t{1} << 18;    // MS_PRIVATE
  const uint64_t wanted = mount.propagation == 0 ? kPrivate | kRecursive : mount.propagation;
  return sys::mount_setattr(tree, (wanted & kRecursive) != 0 ? AT_RECURSIVE : 0, {0, 0, wanted & ~kRecursive, 0});
}

// Attributes and idmap are set while the tree is detached: no process sees the source without them, not even for an instant.
long set_bind_attributes(Context& context, const Mount& mount, int tree) {
  mount_attr attributes{mount.attributesSet, mount.attributesClear, 0, 0};
  if (mount.hasIdMap != 0) {
    attributes.attr_set |= MOUNT_ATTR_IDMAP;
    attributes.userns_fd =
        static_cast<uint64_t>(must(context, make_user_namespace(context, mount.uidMap, mount.gidMap)));
  }
  if (attributes.attr_set == 0 && attributes.attr_clr == 0) return 0;
  const unsigned recursive = (mount.flags & plan::kMountRecursiveAttr) != 0 ? AT_RECURSIVE : 0;
  const long result = sys::mount_setattr(tree, recursive, attributes);
  if (mount.hasIdMap != 0) sys::close(static_cast<int>(attributes.userns_fd));
  return result;
}

int make_bind(Context& context, const Mount& mount) {
  long tree = clone_source(context, mount);
  if (tree >= 0) {
    long result = set_propagation(mount, static_cast<int>(tree));
    if (result >= 0) result = set_bind_attributes(context, mount, static_cast<int>(tree));
    if (result < 0) {
      sys::close(static_cast<int>(tree));
      tree = result;
    }
  }
  if (tree < 0 && (mount.flags & plan::kMountOptional) == 0) {
    fail(context, tree, context.optional(mount.source));
  }
  note(context, tree);
  return tree < 0 ? -1 : static_cast<int>(tree);
}

constexpr size_t kFixedFds = 3;  // root, null_device, nodes
constexpr size_t host_count(const plan::Plan& plan) { return plan.mounts.count + kFixedFds; }
static_assert(offsetof(HostMounts, mounts) == kFixedFds * sizeof(int));

}  // namespace

void make_host_mounts(Context& context, HostMounts& host, int user_namespace) {
  host.root = make_root_mount(context, user_namespace);
  host.nodes = context.plan->devices.count == 0 ? -1 : make_device_nodes(context);
  int index = 0;
  for (const auto& mount : each(context, context.plan->mounts)) {
    int& fd = host.mounts[index++];
    fd = -1;
    if (mount.kind == MountKind::kFilesystem) continue;
    enter(context, Step::kMountPrepare, context.text(mount.destination));
    fd = mount.kind == MountKind::kBind ? make_bind(context, mount) : make_dev_tmpfs(context, mount, &host.null_device);
  }
}

// One message says which are there, the next ones carry them, kFdsPerMessage at a time.
void send_host_mounts(Context& context, const HostMounts& host) {
  const int* all = &host.root;
  const size_t count = host_count(*context.plan);
  unsigned char is_there[plan::kMaxMounts + kFixedFds];
  int batch[kFdsPerMessage];
  size_t n = 0;
  for (size_t i = 0; i < count; i++) is_there[i] = all[i] >= 0 ? 1 : 0;
  must(context, sys::send(context.sync, is_there, count, 0));
  for (size_t i = 0; i < count; i++) {
    if (all[i] >= 0) batch[n++] = all[i];
    if (n == kFdsPerMessage || (i + 1 == count && n > 0)) {
      must(context, send_with_fds(context.sync, "f", 1, batch, n));
      n = 0;
    }
  }
}

void receive_host_mounts(Context& context, HostMounts& host) {
  int* all = &host.root;
  const size_t count = host_count(*context.plan);
  unsigned char is_there[plan::kMaxMounts + kFixedFds];
  int batch[kFdsPerMessage];
  size_t next = 0;
  size_t n = 0;
  enter(context, Step::kSync);
  if (sys::recv(context.sync, is_there, count, 0) != static_cast<long>(count)) fail(context, -EPIPE);
  for (size_t i = 0; i < count; i++) {
    all[i] = -1;
    if (is_there[i] == 0) continue;
    if (next == n) {
      char tag;
      next = 0;
      must(context, receive_with_fds(context.sync, &tag, 1, batch, kFdsPerMessage, &n, 0));
      if (n == 0) fail(context, -EPIPE);
    }
    all[i] = batch[next++];
  }
}

}  // namespace bulkhead::init
