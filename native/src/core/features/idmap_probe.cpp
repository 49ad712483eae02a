// Two children by CLONE_VM|CLONE_VFORK, as posix_spawn makes them: nothing of a big process is copied, and this thread waits
// until they have ended, so that their stack and their arguments may be this function's.
//   1. in a new user namespace: writes its own map of one id and opens it, in the shared table of descriptors;
//   2. in a new mount namespace: idmaps two directories, puts them over themselves, and an overlay over both.
#include "core/features/idmap_probe.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "core/descriptor/unique_fd.h"

namespace bulkhead {
namespace {

constexpr std::size_t kStackSize = 64 * 1024;
constexpr unsigned long kPrivate =
    1 << 18 | 1 << 14;  // MS_PRIVATE | MS_REC, which <sys/mount.h> has: it clashes with <linux/mount.h>

/** Runs `body(argument)` in a child with the namespaces given; its exit status, -1 when it could not be made. */
int run_in_child(int namespaces, int (*body)(void*), void* argument) {
  alignas(16) static thread_local std::array<char, kStackSize> stack;
  const pid_t child = clone(body, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | namespaces, argument);
  int status = 0;
  // __WALL: it gives no SIGCHLD, which would wake the owner of this process's other children.
  if (child < 0 || waitpid(child, &status, __WALL) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool write_once(const char* path, std::string_view content) {
  const UniqueFd file(open(path, O_WRONLY | O_CLOEXEC));
  return file && write(file.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size());
}

int open_own_user_namespace(void* result) {
  // A process may map its own group by itself only where setgroups(2) is denied (user_namespaces(7)).
  const bool is_mapped = write_once("/proc/self/uid_map", "0 0 1") && write_once("/proc/self/setgroups", "deny") &&
                         write_once("/proc/self/gid_map", "0 0 1");
  if (is_mapped) *static_cast<int*>(result) = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
  return 0;
}

/** A detached copy of the mount at `path`, idmapped; invalid when this can't be. */
UniqueFd idmapped_copy(const char* path, int user_namespace) {
  UniqueFd copy(static_cast<int>(syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  attributes.userns_fd = static_cast<std::uint64_t>(user_namespace);
  if (!copy || syscall(SYS_mount_setattr, copy.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    return {};
  return copy;
}

bool idmap_in_place(const char* path, int user_namespace) {
  const UniqueFd copy = idmapped_copy(path, user_namespace);
  return copy && syscall(SYS_move_mount, copy.get(), "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

bool can_overlay(const char* layers) {
  const UniqueFd context(static_cast<int>(syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)));
  if (!context || syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, "lowerdir", layers, 0) != 0) return false;
  if (syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return false;
  return UniqueFd(static_cast<int>(syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0))).valid();
}

int overlay_idmapped_layers(void* user_namespace) {
  const int fd = *static_cast<int*>(user_namespace);
  // Private first: nothing may be seen from outside.
  const bool is_private = syscall(SYS_mount, "", "/", nullptr, kPrivate, nullptr) == 0;
  // Two directories that every system has.
  return is_private && idmap_in_place("/usr", fd) && idmap_in_place("/etc", fd) && can_overlay("/usr:/etc") ? 0 : 1;
}

}  // namespace

IdmapSupport probe_idmap(const std::string& directory) {
  int number = -1;
  // CLONE_FILES: the descriptor that the child opens is this process's too.
  run_in_child(CLONE_NEWUSER | CLONE_FILES, open_own_user_namespace, &number);
  const UniqueFd user_namespace(number);
  if (!user_namespace) return {};
  const bool mounts = idmapped_copy(directory.c_str(), number).valid();
  return {mounts, mounts && run_in_child(CLONE_NEWNS, overlay_idmapped_layers, &number) == 0};
}

}  // namespace bulkhead
