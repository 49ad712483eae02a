// The order matters: what needs rights comes before they go, and what a change of ids undoes after it.
#include "reader/confinement.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "core/descriptor/unique_fd.h"

namespace bulkhead {
namespace {

/** Nobody's: above all that useradd(8) and systemd give away, and beside the two of the registry process. */
constexpr unsigned kReaderId = 2'147'352'578;

// From sys/mount.h, which does not go together with linux/mount.h.
constexpr unsigned long kRecursive = 1UL << 14;  // MS_REC
constexpr unsigned long kPrivate = 1UL << 18;    // MS_PRIVATE
constexpr int kDetach = 2;                       // MNT_DETACH

/** The window of a zstd frame is 128 MiB at most; the rest is buffers and what the headers of an entry say. */
constexpr rlim_t kMemoryBytes = 256ull * 1024 * 1024;

Error failed(const char* what) { return make_error("confine", errno, what); }

/** A tmpfs of no size, detached. */
Result<UniqueFd> empty_file_system() {
  const UniqueFd fs(static_cast<int>(syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC)));
  const bool made = fs && syscall(SYS_fsconfig, fs.get(), FSCONFIG_SET_STRING, "size", "4k", 0) == 0 &&
                    syscall(SYS_fsconfig, fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0;
  if (!made) return failed("tmpfs");
  constexpr unsigned kAttributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  UniqueFd mount(static_cast<int>(syscall(SYS_fsmount, fs.get(), FSMOUNT_CLOEXEC, kAttributes)));
  return mount ? Result<UniqueFd>(std::move(mount)) : Result<UniqueFd>(failed("fsmount"));
}

// Stacked on "/", like a container's root: pivot_root takes it from there, and the host's tree goes.
Result<void> enter_empty_root() {
  if (syscall(SYS_mount, nullptr, "/", nullptr, kRecursive | kPrivate, nullptr) != 0) return failed("private mounts");
  const UniqueFd root = BULKHEAD_TRY(empty_file_system());
  const bool entered = syscall(SYS_move_mount, root.get(), "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == 0 &&
                       fchdir(root.get()) == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
                       syscall(SYS_umount2, ".", kDetach) == 0 && chdir("/") == 0;
  return entered ? Result<void>() : Result<void>(failed("an empty root"));
}

Result<void> limit_resources() {
  struct Limit {
    __rlimit_resource resource;
    rlim_t most;
  };
  // RLIMIT_NOFILE: there will be no further descriptor; those that are open stay.
  constexpr Limit kLimits[] = {{RLIMIT_DATA, kMemoryBytes}, {RLIMIT_CORE, 0}, {RLIMIT_FSIZE, 0}, {RLIMIT_NOFILE, 0}};
  for (const Limit& limit : kLimits) {
    const rlimit both{limit.most, limit.most};
    if (setrlimit(limit.resource, &both) != 0) return failed("a resource limit");
  }
  return {};
}

Result<void> become_nobody() {
  for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability) != 0) return failed("the bounding set");
  }
  const bool changed = setgroups(0, nullptr) == 0 && setresgid(kReaderId, kReaderId, kReaderId) == 0 &&
                       setresuid(kReaderId, kReaderId, kReaderId) == 0;
  if (!changed) return failed("the ids");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2]{};
  const bool bare = syscall(SYS_capset, &header, none) == 0 &&
                    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 &&
                    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
  return bare ? Result<void>() : Result<void>(failed("the capabilities"));
}

// A change of ids clears the signal: that is why it comes late. Who has died before is noticed by the socket's end.
Result<void> die_with_starter(int socket) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return failed("the parent's death");
  pollfd end{socket, 0, 0};
  if (poll(&end, 1, 0) < 0) return failed("poll");
  if ((end.revents & POLLHUP) != 0) _exit(1);
  return {};
}

/** The two stay, and nothing else, whatever else was inherited. */
Result<void> close_others(int blob, int socket) {
  const int first = blob < socket ? blob : socket;
  const int second = blob < socket ? socket : blob;
  const auto close_between = [](int from, int to) { return from > to || syscall(SYS_close_range, from, to, 0) == 0; };
  const bool closed = close_between(0, first - 1) && close_between(first + 1, second - 1) &&
                      syscall(SYS_close_range, second + 1, ~0u, 0) == 0;
  return closed ? Result<void>() : Result<void>(failed("close_range"));
}

}  // namespace

Result<void> leave_host(int blob, int socket) {
  BULKHEAD_TRY(close_others(blob, socket));
  BULKHEAD_TRY(enter_empty_root());
  BULKHEAD_TRY(become_nobody());
  BULKHEAD_TRY(die_with_starter(socket));
  return limit_resources();
}

}  // namespace bulkhead
