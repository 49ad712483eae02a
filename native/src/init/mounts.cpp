// The mounts of the container, attached by its own half: by descriptor, onto descriptors.
#include "mounts.h"

#include "copy_up.h"
#include "resolve.h"

namespace bulkhead::init {

using plan::Mount;
using plan::MountKind;
using plan::Step;

namespace {

long configure(Context& context, int fs, const Mount& mount) {
  long result = 0;
  if (mount.source.offset != 0) {
    result = sys::fsconfig(fs, FSCONFIG_SET_STRING, "source", context.text(mount.source), 0);
  }
  for (const auto& option : each(context, mount.options)) {
    if (result < 0) return result;
    const char* value = context.optional(option.value);
    result = sys::fsconfig(fs, value == nullptr ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, context.text(option.key),
                           value, 0);
  }
  return result < 0 ? result : sys::fsconfig(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
}

// A procfs shows the pid namespace of whom called fsopen: without `pidns` that must be a process in the one that was joined.
// It shares this one's descriptors, and its memory, as vfork(2) does, and lives for two system calls.
long open_proc_inside() {
  volatile long fs = -EAGAIN;
  const long pid =
      sys::call(__NR_clone, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0) {
    fs = sys::fsopen("proc");
    sys::exit(0);
  }
  if (pid < 0) return pid;
  sys::waitid(P_PID, static_cast<int>(pid), nullptr, WEXITED);
  return fs;
}

// The option `pidns` (Linux 6.17) says it without such a process, which the others in that namespace could see.
long open_proc_of_joined(const Context& context) {
  const long fs = sys::fsopen("proc");
  if (fs < 0 || sys::fsconfig(static_cast<int>(fs), FSCONFIG_SET_FD, "pidns", nullptr, context.pid_namespace) >= 0)
    return fs;
  sys::close(static_cast<int>(fs));
  return open_proc_inside();
}

long open_filesystem(Context& context, const Mount& mount) {
  const char* type = context.text(mount.type);
  return equal(type, "proc") && context.pid_namespace >= 0 ? open_proc_of_joined(context) : sys::fsopen(type);
}

long make_filesystem(Context& context, const Mount& mount) {
  const long fs = open_filesystem(context, mount);
  if (fs < 0) return fs;
  long result = configure(context, static_cast<int>(fs), mount);
  if (result >= 0) result = sys::fsmount(static_cast<int>(fs), 0);
  sys::close(static_cast<int>(fs));
  return result;
}

long set_attributes(const Mount& mount, int fd) {
  if (mount.attributesSet == 0 && mount.attributesClear == 0) return 0;
  const bool whole_tree = (mount.flags & plan::kMountRecursiveAttr) != 0;
  return sys::mount_setattr(fd, whole_tree ? AT_RECURSIVE : 0, {mount.attributesSet, mount.attributesClear, 0, 0});
}

// Of a bind the monitor has set it, before anything could be attached to it.
long set_propagation(const Mount& mount, int fd) {
  if (mount.propagation == 0 || mount.kind != MountKind::kFilesystem) return 0;
  constexpr uint64_t kRecursive = uint64_t{1} << 14;  // MS_REC
  return sys::mount_setattr(fd, (mount.propagation & kRecursive) != 0 ? AT_RECURSIVE : 0,
                            {0, 0, mount.propagation & ~kRecursive, 0});
}

bool is_directory(int fd) {
  struct statx status {};
  return sys::statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &status) == 0 && (status.stx_mode & S_IFMT) == S_IFDIR;
}

long open_target(Context& context, const Mount& mount, int source) {
  const bool is_file =
      (mount.flags & plan::kMountFileTarget) != 0 || (mount.kind == MountKind::kBind && !is_directory(source));
  return open_or_make_in_root(context, context.text(mount.destination),
                              (mount.flags & plan::kMountNoSymlinks) != 0 ? Follow::kNothing : Follow::kSymlinks,
                              is_file ? Missing::kFile : Missing::kDirectory);
}

// Keeps descriptors of the instances that were made here, for writes and terminals: safe because a descriptor of a mount
// that this process made with fsmount can't be redirected by anything that the container puts over its path.
void remember(Context& context, const Mount& mount, int fd) {
  if (mount.kind != MountKind::kFilesystem) return;
  const char* type = context.text(mount.type);
  const bool is_readonly = (mount.attributesSet & MOUNT_ATTR_RDONLY) != 0;
  if (equal(type, "proc") && context.proc < 0 && !is_readonly) context.proc = fd;
  if (equal(type, "devpts") && context.devpts < 0) context.devpts = fd;
}

long attach(Context& context, const Mount& mount, int source) {
  long fd = source >= 0 ? source : make_filesystem(context, mount);
  if (fd < 0) return fd;
  const long target = open_target(context, mount, static_cast<int>(fd));
  if (target < 0) return target;
  long result = 0;
  if ((mount.flags & plan::kMountCopyUp) != 0) result = copy_up(static_cast<int>(target), static_cast<int>(fd));
  if (result >= 0 && mount.kind == MountKind::kFilesystem) result = set_attributes(mount, static_cast<int>(fd));
  if (result >= 0) result = sys::move_mount(static_cast<int>(fd), static_cast<int>(target));
  if (result >= 0) result = set_propagation(mount, static_cast<int>(fd));
  sys::close(static_cast<int>(target));
  if (result >= 0) remember(context, mount, static_cast<int>(fd));
  if (static_cast<int>(fd) != context.proc && static_cast<int>(fd) != context.devpts) sys::close(static_cast<int>(fd));
  return result;
}

}  // namespace

long new_filesystem(const char* type, const char* key, const char* value, uint64_t attributes) {
  const long fs = sys::fsopen(type);
  if (fs < 0) return fs;
  long result = key == nullptr ? 0 : sys::fsconfig(static_cast<int>(fs), FSCONFIG_SET_STRING, key, value, 0);
  if (result >= 0) result = sys::fsconfig(static_cast<int>(fs), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
  if (result >= 0) result = sys::fsmount(static_cast<int>(fs), attributes);
  sys::close(static_cast<int>(fs));
  return result;
}

// Where hooks of the runtime's may look while the container is made, its root is seen where the config has it.
const char* place_of_root(const Context& context, const char* otherwise) {
  const bool at_path = (context.plan->flags & plan::kPlanRootAtPath) != 0;
  return at_path ? context.text(context.plan->root.directory) : otherwise;
}

// Over /proc of this private copy of the host's tree: a directory that there is everywhere, and not "/", which would take one
// more umount, each of which waits for RCU, to get rid of it. (Hooks need that /proc: for them, below the container's root.)
void hang_in_old_root(Context& context, int mount) {
  const char* path = place_of_root(context, "/proc");
  const int place = must(context, sys::openat(AT_FDCWD, path, O_PATH | O_DIRECTORY), path);
  must(context, sys::move_mount(mount, place));
  sys::close(place);
}

// Stacked upon this namespace's "/": a place that exists on every host and that no path of the container's leads to.
// pivot_root then takes it from there, and what is below goes away with the old root.
void attach_root(Context& context, const HostMounts& host) {
  enter(context, Step::kRootMount);
  // Nothing that is mounted here may travel to the host: the copied mounts leave their peer groups first.
  must(context, sys::mount(nullptr, "/", nullptr, (1u << 14) | (1u << 18), nullptr), "/");  // MS_REC | MS_PRIVATE
  if (context.plan->maskedPaths.count > 0) attach_mask(context);
  if (host.nodes >= 0) hang_in_old_root(context, host.nodes);
  const char* path = place_of_root(context, "/");
  const int base = must(context, sys::openat(AT_FDCWD, path, O_PATH | O_DIRECTORY), path);
  must(context, sys::move_mount(host.root, base));
  sys::close(base);
  context.root = host.root;
}

void attach_mounts(Context& context, const HostMounts& host) {
  int index = 0;
  for (const auto& mount : each(context, context.plan->mounts)) {
    enter(context, Step::kMount, context.text(mount.destination));
    const int source = host.mounts[index++];
    const bool is_missing = source < 0 && mount.kind != MountKind::kFilesystem;  // optional, and noted when it failed
    const long result = is_missing ? 0 : attach(context, mount, source);
    if (result < 0 && (mount.flags & plan::kMountOptional) == 0) fail(context, result);
    note(context, result);
  }
}

// Read-only only now: terminal, console, links and mount points had to be made in them.
void seal_mounts(Context& context) {
  for (const auto& mount : each(context, context.plan->mounts)) {
    const bool is_readonly_dev = mount.kind == MountKind::kDevTmpfs && (mount.attributesSet & MOUNT_ATTR_RDONLY) != 0;
    if (!is_readonly_dev && (mount.flags & plan::kMountReadonlyLast) == 0) continue;
    enter(context, Step::kReadonlyPath, context.text(mount.destination));
    const int place = must(context, open_in_root(context, context.text(mount.destination), 0, Follow::kNothing));
    must(context, sys::mount_setattr(place, 0, {MOUNT_ATTR_RDONLY, 0, 0, 0}));
    sys::close(place);
  }
}

void bind_devices(Context& context, const HostMounts& host) {
  Buffer<16> name;
  uint64_t index = 0;
  for (const auto& device : each(context, context.plan->devices)) {
    enter(context, Step::kDevice, context.text(device.path));
    name.clear();
    name.number(index++);
    const int node = must(context, sys::open_tree(host.nodes, name.text(), OPEN_TREE_CLONE));
    const int target =
        must(context, open_or_make_in_root(context, context.text(device.path), Follow::kSymlinks, Missing::kFile));
    must(context, sys::move_mount(node, target));
    sys::close(node);
    sys::close(target);
  }
}

void make_symlinks(Context& context) {
  for (const auto& link : each(context, context.plan->symlinks)) {
    enter(context, Step::kSymlink, context.text(link.path));
    const char* name;
    const int parent = must(context, open_parent_in_root(context, context.text(link.path), &name));
    const long result = sys::symlinkat(context.text(link.target), parent, name);
    if (result < 0 && result != -EEXIST) fail(context, result);
    sys::close(parent);
  }
}

}  // namespace bulkhead::init
