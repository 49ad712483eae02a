// The way to an overlay of idmapped layers for kernels that refuse layers of detached mounts (before 6.15).
#include "attached_layers.h"

namespace bulkhead::init {

namespace {

constexpr uint64_t kPrivate = uint64_t{1} << 18;    // MS_PRIVATE
constexpr uint64_t kRecursive = uint64_t{1} << 14;  // MS_REC

// A clone of a shared mount is its peer: what is attached upon one would appear on the host, where the layer lies.
long attach_privately(int mount, int place) {
  const long result = sys::mount_setattr(mount, 0, {0, 0, kPrivate, 0});
  return result < 0 ? result : sys::move_mount(mount, place);
}

// One upon the other, over "/": the layers are named by descriptor, so it does not matter that each covers the one before.
long attach_all(const int* mounts, size_t count) {
  const long base = sys::openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY);
  if (base < 0) return base;
  // The copied mounts leave their peer groups first, for the same reason.
  long result = sys::mount(nullptr, "/", nullptr, kRecursive | kPrivate, nullptr);
  for (size_t i = 0; i < count && result >= 0; i++) result = attach_privately(mounts[i], static_cast<int>(base));
  sys::close(static_cast<int>(base));
  return result;
}

}  // namespace

// In a process of its own, so that the monitor stays where the sources of binds can be cloned; it shares the descriptors,
// among them `fs`. The overlay has clones of its layers: the namespace may end with the process.
long create_with_attached(Context& context, const int* mounts, size_t count, int fs, long (*create)(Context&, int fs)) {
  clone_args arguments{};
  arguments.flags = CLONE_FILES | CLONE_NEWNS;
  arguments.exit_signal = SIGCHLD;
  const long pid = sys::clone3(arguments);
  if (pid < 0) return pid;
  if (pid == 0) {
    sys::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Another process's /proc/self is another directory; entered before "/" is covered.
    long result = sys::chdir("/proc/self/fd");
    if (result >= 0) result = attach_all(mounts, count);
    if (result >= 0) result = create(context, fs);
    sys::exit(static_cast<int>(-result));  // errno fits into the 8 bits of a status
  }
  siginfo_t end{};
  const long waited = sys::waitid(P_PID, static_cast<int>(pid), &end, WEXITED);
  if (waited < 0) return waited;
  return end.si_code == CLD_EXITED ? -long{end.si_status} : -ECANCELED;
}

}  // namespace bulkhead::init
