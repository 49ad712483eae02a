// The device program, run by an interpreter of the few eBPF instructions that it is made of; and loaded into the kernel,
// whose verifier is the judge, where that is allowed.
#include "core/cgroup/devices.h"

#include <doctest.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

using namespace bulkhead;

namespace {

struct Request {
  char type;
  std::uint32_t access;
  std::uint32_t major;
  std::uint32_t minor;
};
constexpr std::uint32_t kMknod = 1;
constexpr std::uint32_t kRead = 2;
constexpr std::uint32_t kWrite = 4;

std::uint64_t operate(std::uint8_t code, std::uint64_t left, std::uint64_t right) {
  switch (code & 0xf0) {
    case BPF_MOV:
      return right;
    case BPF_AND:
      return left & right;
    case BPF_RSH:
      return left >> right;
    default:
      FAIL("an operation that the program should not need");
      return 0;
  }
}

/** The program's verdict; fails the test when it runs out of itself. */
bool allows(const std::vector<std::uint64_t>& program, const Request& request) {
  bpf_cgroup_dev_ctx context{};
  context.access_type =
      request.access << 16 | static_cast<std::uint32_t>(request.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
  context.major = request.major;
  context.minor = request.minor;
  std::uint64_t registers[11] = {};
  for (std::size_t at = 0; at < program.size(); ++at) {
    bpf_insn insn{};
    std::memcpy(&insn, &program[at], sizeof insn);
    const std::uint64_t operand =
        (insn.code & BPF_X) != 0 ? registers[insn.src_reg] : static_cast<std::uint32_t>(insn.imm);
    switch (insn.code & 0x07) {
      case BPF_LDX: {
        std::uint32_t word = 0;
        std::memcpy(&word, reinterpret_cast<const char*>(&context) + insn.off, sizeof word);
        registers[insn.dst_reg] = word;
        break;
      }
      case BPF_ALU:
        registers[insn.dst_reg] = static_cast<std::uint32_t>(operate(insn.code, registers[insn.dst_reg], operand));
        break;
      case BPF_JMP:
        if ((insn.code & 0xf0) == BPF_EXIT) return registers[0] != 0;
        if (((insn.code & 0xf0) == BPF_JEQ) == (registers[insn.dst_reg] == operand))
          at += static_cast<std::size_t>(insn.off);
        break;
      default:
        FAIL("an instruction that the program should not need");
    }
  }
  FAIL("the program has no end");
  return false;
}

oci::DeviceRule rule(bool allow, char type, std::optional<std::uint32_t> major, std::optional<std::uint32_t> minor,
                     std::uint32_t access) {
  return {.allow = allow,
          .type = type,
          .major = major,
          .minor = minor,
          .read = (access & kRead) != 0,
          .write = (access & kWrite) != 0,
          .mknod = (access & kMknod) != 0};
}

}  // namespace

TEST_CASE("without rules nothing is allowed") { CHECK_FALSE(allows(cgroup::device_program({}), {'c', kRead, 1, 3})); }

TEST_CASE("a container always has its null, its terminals, and mknod without use") {
  const auto program = cgroup::device_program(cgroup::effective_device_rules({}));
  CHECK(allows(program, {'c', kRead | kWrite, 1, 3}));
  CHECK(allows(program, {'c', kRead | kWrite, 136, 77}));
  CHECK(allows(program, {'b', kMknod, 8, 0}));
  CHECK_FALSE(allows(program, {'b', kRead, 8, 0}));
  CHECK_FALSE(allows(program, {'c', kRead, 10, 229}));
  CHECK_FALSE(allows(program, {'b', kRead | kMknod, 8, 0}));
  CHECK_FALSE(allows(program, {'b', kRead | kWrite, 1, 3}));
}

TEST_CASE("the last match wins, for each access by itself") {
  const auto program = cgroup::device_program({rule(true, 'c', 10, {}, kRead | kWrite), rule(false, 'c', 10, 5, kWrite),
                                               rule(true, 'b', 8, 0, kRead), rule(true, 'b', 8, 0, kWrite)});
  CHECK(allows(program, {'c', kRead | kWrite, 10, 4}));
  CHECK(allows(program, {'c', kRead, 10, 5}));
  CHECK_FALSE(allows(program, {'c', kWrite, 10, 5}));
  CHECK_FALSE(allows(program, {'c', kRead | kWrite, 10, 5}));
  CHECK(allows(program, {'b', kRead | kWrite, 8, 0}));
  CHECK_FALSE(allows(program, {'b', kRead | kWrite | kMknod, 8, 0}));
  CHECK_FALSE(allows(program, {'b', kRead, 8, 1}));
}

TEST_CASE("an allow-all rule leaves nothing denied") {
  const auto program = cgroup::device_program(cgroup::effective_device_rules({rule(true, 'a', {}, {}, 7)}));
  CHECK(allows(program, {'b', 7, 259, 3}));
  CHECK(allows(program, {'c', 7, 10, 232}));
}

TEST_CASE("rules as v1 takes them") {
  CHECK(cgroup::device_rule_line(rule(false, 'a', {}, {}, 7)) == "a *:* rwm");
  CHECK(cgroup::device_rule_line(rule(true, 'c', 136, {}, kRead)) == "c 136:* r");
}

TEST_CASE("the kernel's verifier takes the program") {
  const auto program = cgroup::device_program(
      cgroup::effective_device_rules({rule(true, 'c', 10, 200, 7), rule(false, 'b', {}, {}, kWrite)}));
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes.insns = reinterpret_cast<std::uint64_t>(program.data());
  attributes.insn_cnt = static_cast<std::uint32_t>(program.size());
  attributes.license = reinterpret_cast<std::uint64_t>("Apache-2.0");
  const long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
  if (fd < 0 && (errno == EPERM || errno == ENOSYS)) {
    MESSAGE("bpf(2) is not allowed here: verifier not asked");
    return;
  }
  CHECK(fd >= 0);
  close(static_cast<int>(fd));
}
