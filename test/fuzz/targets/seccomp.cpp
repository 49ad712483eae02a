// linux.seccomp → filter. What is compiled ends, for every call, in a verdict.
#include "core/oci/decode.h"
#include "core/seccomp/compile.h"
#include "core/seccomp/verdict.h"
#include "fuzz.h"

using namespace bulkhead;

namespace {

constexpr std::string_view kBefore =
    R"({"ociVersion":"1.2.0","root":{"path":"/r"},"linux":{"namespaces":[{"type":"mount"}],"seccomp":)";

void judge(const std::string& program) {
  for (const std::uint32_t arch : {0xc000003eu, 0x40000003u, 0u})
    for (const int number : {0, 56, 165, 435, 0x40000027, -1})
      fuzz::must(seccomp::verdict(program, {number, arch, 0, {1, ~0ull, 1ull << 32, 0, 7, 8}}).has_value());
  (void)seccomp::allows_last_steps(program);
  (void)seccomp::may_mount(program);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // As a program it is no filter: whatever it is, it comes to an end.
  (void)seccomp::verdict(fuzz::text_of(data, size), {});
  if (size > 4096) return 0;
  const auto config = oci::decode_config(std::string(kBefore).append(fuzz::text_of(data, size)).append("}}"));
  if (!config.ok() || !config.value().linux_.seccomp) return 0;
  const auto program = seccomp::compile(*config.value().linux_.seccomp);
  if (program.ok()) judge(program.value());
  return 0;
}
