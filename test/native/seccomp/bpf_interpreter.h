// Runs a seccomp filter as the kernel would, so that tests can ask what it says about a system call.
#pragma once

#include <doctest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstring>
#include <string>

namespace bulkhead::test {

inline std::uint32_t verdict(const std::string& program, const seccomp_data& data) {
  std::uint32_t accumulator = 0;
  const std::size_t count = program.size() / sizeof(sock_filter);
  for (std::size_t at = 0; at < count; ++at) {
    sock_filter insn{};
    std::memcpy(&insn, program.data() + at * sizeof insn, sizeof insn);
    switch (insn.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        REQUIRE(insn.k + 4 <= sizeof data);
        std::memcpy(&accumulator, reinterpret_cast<const char*>(&data) + insn.k, sizeof accumulator);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        accumulator &= insn.k;
        break;
      case BPF_JMP | BPF_JA:
        at += insn.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += accumulator == insn.k ? insn.jt : insn.jf;
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        at += accumulator > insn.k ? insn.jt : insn.jf;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        at += accumulator >= insn.k ? insn.jt : insn.jf;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        at += (accumulator & insn.k) != 0 ? insn.jt : insn.jf;
        break;
      case BPF_RET | BPF_K:
        return insn.k;
      default:
        FAIL("an instruction that seccomp filters are not made of: " << insn.code);
    }
  }
  FAIL("the filter has no end");
  return 0;
}

/** On x86-64. */
inline std::uint32_t verdict(const std::string& program, int number, std::uint64_t argument0 = 0) {
  seccomp_data data{};
  data.nr = number;
  data.arch = AUDIT_ARCH_X86_64;
  data.args[0] = argument0;
  return verdict(program, data);
}

}  // namespace bulkhead::test
