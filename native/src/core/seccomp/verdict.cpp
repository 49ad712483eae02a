#include "core/seccomp/verdict.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <ctime>

namespace bulkhead::seccomp {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_AARCH64;
#endif

// With the arguments that decide: pointers and sizes are nothing that filters ask for.
constexpr std::array<seccomp_data, 12> kLastSteps = {{
    {SYS_clone, kNative, 0, {CLONE_PARENT | CLONE_PARENT_SETTID}},
    {SYS_exit_group, kNative, 0, {}},
    {SYS_clock_gettime, kNative, 0, {CLOCK_MONOTONIC}},
    {SYS_rt_sigprocmask, kNative, 0, {SIG_SETMASK}},
    {SYS_setsid, kNative, 0, {}},
    {SYS_ioctl, kNative, 0, {0, TIOCSCTTY}},
    {SYS_sendto, kNative, 0, {}},
    {SYS_ppoll, kNative, 0, {}},
    {SYS_read, kNative, 0, {}},
    {SYS_prctl, kNative, 0, {PR_SET_PDEATHSIG, SIGKILL}},
    {SYS_recvfrom, kNative, 0, {}},
    {SYS_execve, kNative, 0, {}},
}};

// mount and fsopen, by each table of system calls that the processor's kernels know.
#if defined(__x86_64__)
constexpr int kX32 = 0x40000000;
constexpr std::array<seccomp_data, 6> kMounting = {{
    {SYS_mount, AUDIT_ARCH_X86_64, 0, {}},
    {SYS_fsopen, AUDIT_ARCH_X86_64, 0, {}},
    {SYS_mount | kX32, AUDIT_ARCH_X86_64, 0, {}},
    {SYS_fsopen | kX32, AUDIT_ARCH_X86_64, 0, {}},
    {21, AUDIT_ARCH_I386, 0, {}},
    {430, AUDIT_ARCH_I386, 0, {}},
}};
#elif defined(__aarch64__)
constexpr std::array<seccomp_data, 4> kMounting = {{
    {SYS_mount, AUDIT_ARCH_AARCH64, 0, {}},
    {SYS_fsopen, AUDIT_ARCH_AARCH64, 0, {}},
    {21, AUDIT_ARCH_ARM, 0, {}},
    {430, AUDIT_ARCH_ARM, 0, {}},
}};
#endif

bool denies(std::uint32_t found) {
  switch (found & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ERRNO:
    case SECCOMP_RET_TRAP:
    case SECCOMP_RET_KILL_THREAD:
    case SECCOMP_RET_KILL_PROCESS:
      return true;
    default:
      return false;
  }
}

bool jumps(const sock_filter& instruction, std::uint32_t accumulator) {
  switch (BPF_OP(instruction.code)) {
    case BPF_JEQ:
      return accumulator == instruction.k;
    case BPF_JGT:
      return accumulator > instruction.k;
    case BPF_JGE:
      return accumulator >= instruction.k;
    default:
      return (accumulator & instruction.k) != 0;
  }
}

sock_filter instruction_at(std::string_view program, std::size_t index) {
  sock_filter instruction{};
  std::memcpy(&instruction, program.data() + index * sizeof instruction, sizeof instruction);
  return instruction;
}

}  // namespace

std::optional<std::uint32_t> verdict(std::string_view program, const seccomp_data& call) {
  std::uint32_t accumulator = 0;
  const std::size_t count = program.size() / sizeof(sock_filter);
  for (std::size_t at = 0; at < count; ++at) {
    const sock_filter instruction = instruction_at(program, at);
    switch (instruction.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        if (instruction.k > sizeof call - sizeof accumulator) return std::nullopt;
        std::memcpy(&accumulator, reinterpret_cast<const char*>(&call) + instruction.k, sizeof accumulator);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        accumulator &= instruction.k;
        break;
      case BPF_JMP | BPF_JA:
        at += instruction.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
      case BPF_JMP | BPF_JGT | BPF_K:
      case BPF_JMP | BPF_JGE | BPF_K:
      case BPF_JMP | BPF_JSET | BPF_K:
        at += jumps(instruction, accumulator) ? instruction.jt : instruction.jf;
        break;
      case BPF_RET | BPF_K:
        return instruction.k;
      default:
        return std::nullopt;
    }
  }
  return std::nullopt;
}

bool allows_last_steps(std::string_view program) {
  return std::all_of(kLastSteps.begin(), kLastSteps.end(), [program](const seccomp_data& call) {
    const auto found = verdict(program, call);
    return found == SECCOMP_RET_ALLOW || found == SECCOMP_RET_LOG;
  });
}

bool may_mount(std::string_view program) {
  return !std::all_of(kMounting.begin(), kMounting.end(), [program](const seccomp_data& call) {
    const auto found = verdict(program, call);
    return found.has_value() && denies(*found);
  });
}

}  // namespace bulkhead::seccomp
