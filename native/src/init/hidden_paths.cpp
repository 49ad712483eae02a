// Masked and read-only paths of the container.
#include "mounts.h"
#include "resolve.h"

namespace bulkhead::init {

using plan::Step;

namespace {

void mask_one(Context& context, int target) {
  struct statx status {};
  must(context, sys::statx(target, "", AT_EMPTY_PATH, STATX_TYPE, &status));
  const bool is_directory = (status.stx_mode & S_IFMT) == S_IFDIR;
  const int mask = is_directory ? context.mask.directory : context.mask.file;
  const int cover = must(context, sys::open_tree(mask, "", OPEN_TREE_CLONE | AT_EMPTY_PATH));
  must(context, sys::move_mount(cover, target));
  sys::close(cover);
}

}  // namespace

// An empty directory and an empty file of a read-only tmpfs that nothing else can reach. Not the container's /dev/null
// (CVE-2025-31133), and better than one of our own: a write fails instead of vanishing, and no device is needed.
void attach_mask(Context& context) {
  const int tmpfs = must(
      context, new_filesystem("tmpfs", "nr_inodes", "4", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
  must(context, sys::mkdirat(tmpfs, "directory", 0555));
  sys::close(must(context, sys::openat(tmpfs, "file", O_CREAT | O_EXCL | O_WRONLY, 0444)));
  must(context, sys::mount_setattr(tmpfs, 0, {MOUNT_ATTR_RDONLY, 0, 0, 0}));
  // Before Linux 6.15 only an attached tree can be cloned.
  hang_in_old_root(context, tmpfs);
  context.mask.directory = must(context, sys::openat(tmpfs, "directory", O_PATH));
  context.mask.file = must(context, sys::openat(tmpfs, "file", O_PATH));
  sys::close(tmpfs);
}

void mask_paths(Context& context) {
  for (const auto& path : each(context, context.plan->maskedPaths)) {
    enter(context, Step::kMaskPath, context.text(path));
    const long target = open_in_root(context, context.text(path), 0, Follow::kSymlinks);
    // Absent here (another kernel, another architecture): there is nothing to hide. Any other error ends the launch.
    if (target == -ENOENT) continue;
    mask_one(context, must(context, target));
    sys::close(static_cast<int>(target));
  }
}

void make_paths_readonly(Context& context) {
  for (const auto& path : each(context, context.plan->readonlyPaths)) {
    enter(context, Step::kReadonlyPath, context.text(path));
    const long target = open_in_root(context, context.text(path), 0, Follow::kSymlinks);
    if (target == -ENOENT) continue;
    must(context, target);
    const int tree =
        must(context, sys::open_tree(static_cast<int>(target), "", OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE));
    must(context, sys::mount_setattr(tree, AT_RECURSIVE, {MOUNT_ATTR_RDONLY, 0, 0, 0}));
    must(context, sys::move_mount(tree, static_cast<int>(target)));
    sys::close(tree);
    sys::close(static_cast<int>(target));
  }
}

}  // namespace bulkhead::init
