// Starts a sealed executable: a vfork, so that it costs the same from a small program and from one of a gigabyte.
//
//   caller ── clone(VM|VFORK) ──▶ child ── clone(VM|VFORK) ──▶ grandchild ── execveat      (orphan)
//     │ sleeps in clone             │ _exit once that has executed                          the child is reaped here
//
// CLONE_VM: no page table is copied, whatever the caller's size. CLONE_VFORK: nothing of the caller's thread runs while the
// child borrows its memory. The descriptor table is the child's own copy: renumbering there changes nothing here.
#include "spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "plan.h"

namespace bulkhead {

namespace {

constexpr int kFirstFd = 3;
constexpr size_t kStackBytes = 16 * 1024;
constexpr int kVfork = CLONE_VM | CLONE_VFORK;

// ASan takes a borrowed stack for a thread's it does not know, and reports what is not there.
#define ON_BORROWED_STACK __attribute__((no_sanitize("address", "undefined")))

// What the two sides share; the children run in the caller's memory.
struct Shared {
  explicit Shared(const SpawnRequest& wanted) : request(wanted) {}
  const SpawnRequest& request;
  int error = 0;
  pid_t pid = 0;
  int moved[plan::kMaxInheritedFds + 3];
  alignas(16) std::byte stack[2][kStackBytes];
};

ON_BORROWED_STACK bool use_null_stdio() {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  return null >= 0 && dup2(null, 0) == 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2;
}

// First all out of the way, then down to their places: a source may have the number of another's place.
ON_BORROWED_STACK bool place_descriptors(std::span<const int> fds, int* moved) {
  const int count = static_cast<int>(fds.size());
  for (int i = 0; i < count; i++) {
    moved[i] = fcntl(fds[static_cast<size_t>(i)], F_DUPFD_CLOEXEC, kFirstFd + count);
    if (moved[i] < 0) return false;
  }
  for (int i = 0; i < count; i++) {
    if (dup2(moved[i], kFirstFd + i) < 0) return false;
  }
  return true;
}

ON_BORROWED_STACK int run_executable(void* argument) {
  auto& shared = *static_cast<Shared*>(argument);
  const auto& request = shared.request;
  const int count = static_cast<int>(request.fds.size());
  char* const arguments[] = {const_cast<char*>(request.name), const_cast<char*>(request.argument), nullptr};
  char* const environment[] = {nullptr};
  const int executable = fcntl(request.executable, F_DUPFD_CLOEXEC, kFirstFd + count);
  const bool is_ready = executable >= 0 && (request.inherit_stdio || use_null_stdio()) &&
                        place_descriptors(request.fds, shared.moved) &&
                        syscall(SYS_close_range, kFirstFd + count, ~0u, CLOSE_RANGE_CLOEXEC) == 0;
  if (is_ready) syscall(SYS_execveat, executable, "", arguments, environment, AT_EMPTY_PATH);
  shared.error = errno;
  _exit(127);
}

ON_BORROWED_STACK int make_orphan(void* argument) {
  auto& shared = *static_cast<Shared*>(argument);
  if (clone(run_executable, shared.stack[1] + kStackBytes, kVfork | CLONE_PARENT_SETTID | SIGCHLD, &shared,
            &shared.pid) < 0) {
    shared.error = errno;
  }
  _exit(0);
}

pid_t start(Shared& shared) {
  if (!shared.request.orphan) {
    const int flags = kVfork | shared.request.namespaces | SIGCHLD;
    return shared.pid = clone(run_executable, shared.stack[0] + kStackBytes, flags, &shared);
  }
  // No exit signal: no SIGCHLD handler of the caller's ever hears of the one in between.
  const pid_t between = clone(make_orphan, shared.stack[0] + kStackBytes, kVfork, &shared);
  if (between > 0) {
    while (waitpid(between, nullptr, __WALL) < 0 && errno == EINTR) {
    }
  }
  return between;
}

}  // namespace

Result<pid_t> spawn(const SpawnRequest& request) {
  Shared shared(request);
  sigset_t all, previous;
  sigfillset(&all);
  // A handler of the caller's must not run in the child, in the caller's memory.
  sigprocmask(SIG_BLOCK, &all, &previous);
  if (start(shared) < 0) shared.error = errno;
  sigprocmask(SIG_SETMASK, &previous, nullptr);
  if (shared.error == 0) return shared.pid;
  if (!request.orphan && shared.pid > 0) waitpid(shared.pid, nullptr, 0);
  return make_error("launch", shared.error, request.name);
}

}  // namespace bulkhead
