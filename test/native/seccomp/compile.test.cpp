// What compiled profiles say.
#include "core/seccomp/compile.h"

#include <cerrno>

#include <sys/syscall.h>

#include "core/oci/decode.h"
#include "sample_config.h"
#include "seccomp/bpf_interpreter.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

oci::Seccomp profile(const std::string& text) {
  ConfigParts parts;
  parts.linux_ = linux_with("\"seccomp\":" + text);
  auto config = oci::decode_config(config_text(parts));
  INFO((config.ok() ? std::string() : config.error().object));
  REQUIRE(config.ok());
  return *config.value().linux_.seccomp;
}

std::string compiled(const std::string& text) {
  auto program = seccomp::compile(profile(text));
  REQUIRE(program.ok());
  return program.take();
}

}  // namespace

TEST_CASE("an allow-list allows what it lists and denies the rest with its errno") {
  const std::string program = compiled(
      R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"syscalls":[{"names":["read","write","no_such_call"],"action":"SCMP_ACT_ALLOW"}]})");
  CHECK(verdict(program, SYS_read) == SECCOMP_RET_ALLOW);
  CHECK(verdict(program, SYS_write) == SECCOMP_RET_ALLOW);
  CHECK(verdict(program, SYS_mount) == (SECCOMP_RET_ERRNO | ENOSYS));
}

TEST_CASE("an errno that is not given is EPERM") {
  const std::string program =
      compiled(R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mount"],"action":"SCMP_ACT_ERRNO"}]})");
  CHECK(verdict(program, SYS_mount) == (SECCOMP_RET_ERRNO | EPERM));
  CHECK(verdict(program, SYS_read) == SECCOMP_RET_ALLOW);
}

TEST_CASE("actions") {
  const std::string program = compiled(R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
    {"names":["mount"],"action":"SCMP_ACT_KILL"},{"names":["umount2"],"action":"SCMP_ACT_KILL_PROCESS"},{"names":["ptrace"],"action":"SCMP_ACT_TRAP"},
    {"names":["kexec_load"],"action":"SCMP_ACT_LOG"},{"names":["bpf"],"action":"SCMP_ACT_TRACE","errnoRet":7}]})");
  CHECK(verdict(program, SYS_mount) == SECCOMP_RET_KILL_THREAD);
  CHECK(verdict(program, SYS_umount2) == SECCOMP_RET_KILL_PROCESS);
  CHECK((verdict(program, SYS_ptrace) & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRAP);
  CHECK(verdict(program, SYS_kexec_load) == SECCOMP_RET_LOG);
  CHECK(verdict(program, SYS_bpf) == (SECCOMP_RET_TRACE | 7));
}

TEST_CASE("arguments: masked equality, and several comparisons of one argument as alternatives") {
  const std::string masked = compiled(
      R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2114060288,"valueTwo":0,"op":"SCMP_CMP_MASKED_EQ"}]}]})");
  CHECK(verdict(masked, SYS_clone, 0x11) == SECCOMP_RET_ALLOW);
  CHECK(verdict(masked, SYS_clone, 0x10000000) != SECCOMP_RET_ALLOW);
  const std::string several = compiled(
      R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":0,"op":"SCMP_CMP_EQ"},{"index":0,"value":8,"op":"SCMP_CMP_EQ"}]}]})");
  CHECK(verdict(several, SYS_personality, 0) == SECCOMP_RET_ALLOW);
  CHECK(verdict(several, SYS_personality, 8) == SECCOMP_RET_ALLOW);
  CHECK(verdict(several, SYS_personality, 9) != SECCOMP_RET_ALLOW);
}

TEST_CASE("another architecture than those listed is not let through") {
  const std::string program = compiled(
      R"({"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["mount"],"action":"SCMP_ACT_ERRNO"}]})");
  seccomp_data data{};
  data.nr = 21;  // mount, in the 32-bit table
  data.arch = AUDIT_ARCH_I386;
  CHECK(verdict(program, data) == SECCOMP_RET_KILL_THREAD);
  // x32 has the same architecture and a bit in the number.
  CHECK(verdict(program, SYS_mount | 0x40000000) == SECCOMP_RET_KILL_THREAD);
}

TEST_CASE("what should be denied and has no number is an error; what should be allowed is passed over") {
  const auto denied = seccomp::compile(profile(
      R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["no_such_call"],"action":"SCMP_ACT_ERRNO"}]})"));
  REQUIRE_FALSE(denied.ok());
  CHECK(denied.error().step == "seccomp");
  CHECK(
      seccomp::compile(
          profile(
              R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["no_such_call"],"action":"SCMP_ACT_LOG"}]})"))
          .ok());
}
