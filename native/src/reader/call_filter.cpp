// The seccomp filter: an allow-list of what is left to do. It is small enough to be written by hand, and so needs no library and no time.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <vector>

#include "reader/confinement.h"

namespace bulkhead {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
#else
#error "which architecture do its system calls have?"
#endif

/** Read the blob; speak on the socket; memory; wait for the other thread; the time; the end. */
constexpr std::array kAllowed = {
    SYS_read,  SYS_recvfrom,      SYS_sendto,          SYS_munmap,         SYS_mremap, SYS_madvise,    SYS_brk,
    SYS_futex, SYS_clock_gettime, SYS_restart_syscall, SYS_rt_sigprocmask, SYS_exit,   SYS_exit_group,
};
/** Memory, but none that can be executed. */
constexpr std::array kWithoutExecution = {SYS_mmap, SYS_mprotect};
constexpr std::uint32_t kProtectionArgument = 2;

using Filter = std::vector<sock_filter>;

sock_filter load(std::size_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
sock_filter give(std::uint32_t verdict) { return BPF_STMT(BPF_RET | BPF_K, verdict); }

/** The low half, where the flags are, on a little-endian machine. */
std::size_t argument(std::uint32_t index) { return offsetof(seccomp_data, args) + index * sizeof(std::uint64_t); }

void allow(Filter& filter, long call) {
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
  filter.push_back(give(SECCOMP_RET_ALLOW));
}

void allow_without_execution(Filter& filter, long call) {
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4));
  filter.push_back(load(argument(kProtectionArgument)));
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0));
  filter.push_back(give(SECCOMP_RET_ALLOW));
  filter.push_back(give(SECCOMP_RET_KILL_PROCESS));
}

Filter make_filter() {
  Filter filter = {load(offsetof(seccomp_data, arch)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
                   give(SECCOMP_RET_KILL_PROCESS), load(offsetof(seccomp_data, nr))};
  for (const long call : kAllowed) allow(filter, call);
  for (const long call : kWithoutExecution) allow_without_execution(filter, call);
  filter.push_back(give(SECCOMP_RET_KILL_PROCESS));
  return filter;
}

}  // namespace

// SPEC_ALLOW: kernels before 5.16 would slow the process down, to keep it from reading its own memory by speculation. All that is there is the
// archive's anyway.
Result<void> allow_few_calls() {
  Filter filter = make_filter();
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  constexpr unsigned kFlags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  const long loaded = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, kFlags, &program);
  if (loaded == 0) return {};
  return make_error("confine", loaded < 0 ? errno : ESRCH, "seccomp");
}

}  // namespace bulkhead
