// Whether a filter can be loaded before the clone of a process that others of its container see.
#include "core/seccomp/verdict.h"

#include <doctest.h>
#include <linux/filter.h>

#include <cstring>

#include "core/oci/decode.h"
#include "core/seccomp/compile.h"
#include "sample_config.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

std::string allowing(const std::string& names) {
  ConfigParts parts;
  parts.linux_ = linux_with(R"("seccomp":{"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":[{"names":[)" + names +
                            R"(],"action":"SCMP_ACT_ALLOW"}]})");
  auto config = oci::decode_config(config_text(parts));
  REQUIRE(config.ok());
  return seccomp::compile(*config.value().linux_.seccomp).take();
}

constexpr const char* kAllButExecve =
    R"("clone","exit_group","clock_gettime","rt_sigprocmask","setsid","ioctl","sendto","ppoll","read","prctl","recvfrom")";

std::string program_of(const sock_filter& instruction) {
  std::string bytes(sizeof instruction, '\0');
  std::memcpy(bytes.data(), &instruction, sizeof instruction);
  return bytes;
}

}  // namespace

TEST_CASE("a filter that allows the last steps is told from one that would end them") {
  CHECK(seccomp::allows_last_steps(allowing(std::string(kAllButExecve) + R"(,"execve")")));
  CHECK_FALSE(seccomp::allows_last_steps(allowing(kAllButExecve)));
  CHECK_FALSE(seccomp::allows_last_steps(allowing(R"("execve","clone","exit_group")")));
}

TEST_CASE("what is no filter of libseccomp's has no verdict") {
  const seccomp_data call{};
  CHECK_FALSE(seccomp::verdict("", call).has_value());
  CHECK_FALSE(seccomp::verdict("short", call).has_value());
  CHECK_FALSE(seccomp::verdict(program_of({BPF_LD | BPF_W | BPF_ABS, 0, 0, sizeof call - 3}), call).has_value());
  CHECK_FALSE(seccomp::verdict(program_of({BPF_JMP | BPF_JA, 0, 0, 0xffffffff}), call).has_value());
  CHECK_FALSE(seccomp::verdict(program_of({BPF_RET | BPF_A, 0, 0, 0}), call).has_value());
  CHECK_FALSE(seccomp::allows_last_steps(""));
}

TEST_CASE("a filter under which nothing can be mounted is told from others") {
  CHECK(seccomp::may_mount(""));
  CHECK(seccomp::may_mount(program_of({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW})));
  CHECK(seccomp::may_mount(program_of({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF})));
  CHECK_FALSE(seccomp::may_mount(allowing(R"("read")")));
  CHECK(seccomp::may_mount(allowing(R"("read","mount")")));
  CHECK(seccomp::may_mount(allowing(R"("fsopen")")));
}
