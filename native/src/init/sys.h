// System calls, raw: bulkhead-init has no C library. Every wrapper returns what the kernel does: a value, or -errno.
// Only the *at forms, which every architecture has.
#pragma once

#include <asm/fcntl.h>
#include <asm/ioctls.h>

#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/termios.h>
#include <asm/unistd.h>
#include <linux/close_range.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <linux/time.h>
#include <linux/wait.h>
#include <stddef.h>
#include <stdint.h>

namespace bulkhead::sys {

inline long raw(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#else
#error "bulkhead-init: no system call convention for this architecture"
#endif
}

template <class T>
inline long word(T value) {
  if constexpr (__is_same(T, decltype(nullptr))) {
    return 0;
  } else if constexpr (requires { *value; }) {
    return reinterpret_cast<long>(value);
  } else {
    return static_cast<long>(value);
  }
}
inline long word(void* value) { return reinterpret_cast<long>(value); }
inline long word(const void* value) { return reinterpret_cast<long>(value); }

template <class A = long, class B = long, class C = long, class D = long, class E = long, class F = long>
inline long call(long number, A a = 0, B b = 0, C c = 0, D d = 0, E e = 0, F f = 0) {
  return raw(number, word(a), word(b), word(c), word(d), word(e), word(f));
}

// ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
inline long openat(int dir, const char* path, int flags, unsigned mode = 0) {
  return call(__NR_openat, dir, path, flags | O_CLOEXEC, mode);
}
inline long openat2(int dir, const char* path, uint64_t flags, uint64_t resolve, uint64_t mode = 0) {
  const open_how how{flags | O_CLOEXEC, mode, resolve};
  return call(__NR_openat2, dir, path, &how, sizeof how);
}
inline long close(int fd) { return call(__NR_close, fd); }
inline long read(int fd, void* buffer, size_t size) { return call(__NR_read, fd, buffer, size); }
inline long write(int fd, const void* buffer, size_t size) { return call(__NR_write, fd, buffer, size); }
inline long mkdirat(int dir, const char* path, unsigned mode) { return call(__NR_mkdirat, dir, path, mode); }
inline long mknodat(int dir, const char* path, unsigned mode, uint64_t device) {
  return call(__NR_mknodat, dir, path, mode, device);
}
inline long symlinkat(const char* target, int dir, const char* path) { return call(__NR_symlinkat, target, dir, path); }
inline long unlinkat(int dir, const char* path, int flags) { return call(__NR_unlinkat, dir, path, flags); }
inline long renameat(int from_dir, const char* from, int to_dir, const char* to) {
  return call(__NR_renameat2, from_dir, from, to_dir, to, 0);
}
inline long readlinkat(int dir, const char* path, char* buffer, size_t size) {
  return call(__NR_readlinkat, dir, path, buffer, size);
}
inline long fchownat(int dir, const char* path, uint32_t uid, uint32_t gid, int flags) {
  return call(__NR_fchownat, dir, path, uid, gid, flags);
}
inline long fchmod(int fd, unsigned mode) { return call(__NR_fchmod, fd, mode); }
inline long fchdir(int fd) { return call(__NR_fchdir, fd); }
inline long chdir(const char* path) { return call(__NR_chdir, path); }
inline long chroot(const char* path) { return call(__NR_chroot, path); }
inline long getcwd(char* buffer, size_t size) { return call(__NR_getcwd, buffer, size); }
inline long statx(int dir, const char* path, int flags, unsigned mask, struct statx* out) {
  return call(__NR_statx, dir, path, flags, mask, out);
}
inline long faccessat2(int dir, const char* path, int mode, int flags) {
  return call(__NR_faccessat2, dir, path, mode, flags);
}
inline long dup3(int from, int to, int flags) { return call(__NR_dup3, from, to, flags); }
inline long fcntl(int fd, int command, long argument) { return call(__NR_fcntl, fd, command, argument); }
inline long ioctl(int fd, unsigned long request, const void* argument) {
  return call(__NR_ioctl, fd, request, argument);
}
inline long ioctl(int fd, unsigned long request, long argument) { return call(__NR_ioctl, fd, request, argument); }
inline long pipe2(int ends[2], int flags) { return call(__NR_pipe2, ends, flags); }
inline long close_range(unsigned first, unsigned last, unsigned flags) {
  return call(__NR_close_range, first, last, flags);
}
inline long umask(unsigned mask) { return call(__NR_umask, mask); }
inline long getdents64(int fd, void* buffer, size_t size) { return call(__NR_getdents64, fd, buffer, size); }

// ── mounts ───────────────────────────────────────────────────────────────────────────────────────────────────────────
inline long fsopen(const char* type) { return call(__NR_fsopen, type, FSOPEN_CLOEXEC); }
inline long fsconfig(int fs, unsigned command, const char* key, const void* value, int aux) {
  return call(__NR_fsconfig, fs, command, key, value, aux);
}
inline long fsmount(int fs, uint64_t attributes) { return call(__NR_fsmount, fs, FSMOUNT_CLOEXEC, attributes); }
inline long open_tree(int dir, const char* path, unsigned flags) {
  return call(__NR_open_tree, dir, path, flags | OPEN_TREE_CLOEXEC);
}
inline long move_mount(int from, int to) {
  return call(__NR_move_mount, from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}
inline long mount_setattr(int fd, unsigned flags, const mount_attr& attributes) {
  return call(__NR_mount_setattr, fd, "", flags | AT_EMPTY_PATH, &attributes, sizeof attributes);
}
inline long mount(const char* source, const char* target, const char* type, unsigned long flags, const void* data) {
  return call(__NR_mount, source, target, type, flags, data);
}
inline long umount2(const char* target, int flags) { return call(__NR_umount2, target, flags); }
inline long pivot_root(const char* root, const char* old) { return call(__NR_pivot_root, root, old); }

// ── processes ────────────────────────────────────────────────────────────────────────────────────────────────────────
inline long clone3(const clone_args& arguments) { return call(__NR_clone3, &arguments, sizeof arguments); }
inline long unshare(unsigned long flags) { return call(__NR_unshare, flags); }
inline long setns(int fd, unsigned long flags) { return call(__NR_setns, fd, flags); }
inline long setsid() { return call(__NR_setsid); }
inline long getpid() { return call(__NR_getpid); }
inline long prctl(int option, long a = 0, long b = 0, long c = 0, long d = 0) {
  return call(__NR_prctl, option, a, b, c, d);
}
inline long kill(int pid, int signal) { return call(__NR_kill, pid, signal); }
inline long pidfd_open(int pid) { return call(__NR_pidfd_open, pid, 0); }
inline long pidfd_send_signal(int pidfd, int signal) { return call(__NR_pidfd_send_signal, pidfd, signal, nullptr, 0); }
inline long waitid(int type, int id, siginfo_t* info, int options) {
  return call(__NR_waitid, type, id, info, options, nullptr);
}
inline long execve(const char* path, const char* const* arguments, const char* const* environment) {
  return call(__NR_execve, path, arguments, environment);
}
[[noreturn]] inline void exit(int code) {
  for (;;) call(__NR_exit_group, code);
}
inline long setresuid(uint32_t id) { return call(__NR_setresuid, id, id, id); }
inline long setresgid(uint32_t id) { return call(__NR_setresgid, id, id, id); }
inline long setgroups(size_t count, const uint32_t* groups) { return call(__NR_setgroups, count, groups); }
inline long prlimit(unsigned resource, const void* limit) { return call(__NR_prlimit64, 0, resource, limit, nullptr); }

// ── memory, time, waiting ────────────────────────────────────────────────────────────────────────────────────────────
inline long mmap(size_t size, int protection, int flags, int fd) {
  return call(__NR_mmap, nullptr, size, protection, flags, fd, 0);
}
inline long munmap(const void* address, size_t size) { return call(__NR_munmap, address, size); }
inline long madvise(const void* address, size_t size, int advice) { return call(__NR_madvise, address, size, advice); }
inline uint64_t clock_ns(int clock) {
  struct {
    int64_t seconds;
    int64_t nanoseconds;
  } now{};
  call(__NR_clock_gettime, clock, &now);
  return static_cast<uint64_t>(now.seconds) * 1'000'000'000u + static_cast<uint64_t>(now.nanoseconds);
}
// timeout_ms < 0: for ever.
inline long poll(struct pollfd* fds, size_t count, int timeout_ms) {
  const int64_t timeout[2] = {timeout_ms / 1000, int64_t{timeout_ms % 1000} * 1'000'000};
  return call(__NR_ppoll, fds, count, timeout_ms < 0 ? nullptr : timeout, nullptr, 0);
}
inline void sleep_ms(int ms) { poll(nullptr, 0, ms); }

// ── sockets ──────────────────────────────────────────────────────────────────────────────────────────────────────────
constexpr int kUnix = 1;
constexpr int kStream = 1;
constexpr int kDatagram = 2;
constexpr int kSeqpacket = 5;
constexpr int kSockCloexec = O_CLOEXEC;
constexpr int kSockNonblock = O_NONBLOCK;
constexpr int kPeek = 0x2;
constexpr int kDontWait = 0x40;
constexpr int kNoSignal = 0x4000;
inline long socket(int family, int type, int protocol) {
  return call(__NR_socket, family, type | kSockCloexec, protocol);
}
inline long socketpair(int type, int ends[2]) { return call(__NR_socketpair, kUnix, type | kSockCloexec, 0, ends); }
inline long send(int fd, const void* data, size_t size, int flags) {
  return call(__NR_sendto, fd, data, size, flags | kNoSignal, nullptr, 0);
}
constexpr int kShutWrite = 1;  // SHUT_WR
inline long shutdown(int fd, int how) { return call(__NR_shutdown, fd, how); }
inline long recv(int fd, void* data, size_t size, int flags) {
  return call(__NR_recvfrom, fd, data, size, flags, nullptr, nullptr);
}

}  // namespace bulkhead::sys
