// config.json → plan. Whatever is decoded makes plans that bulkhead-init takes for well-formed, and decodes to the same with its
// seccomp rules left aside.
#include "core/builder/plan_builder.h"
#include "core/oci/decode.h"
#include "core/plan/plan_check.h"
#include "fuzz.h"
#include "hosts.h"

using namespace bulkhead;

namespace {

void check(const Result<LaunchPlan>& plan) {
  if (plan.ok()) fuzz::must(plan::is_well_formed(plan.value().bytes.data(), plan.value().bytes.size()));
}

void build(const oci::Config& config) {
  CreateSettings create;
  create.bundle = "/bundle";
  create.process.seccomp_program = std::string(16, '\0');
  ExecSettings exec;
  exec.pid = 2;
  for (const cgroup::Host& host : fuzz::hosts()) {
    fuzz::must(cgroup::group_path(host, config.linux_.cgroups_path, "id").size() > 1);
    create.cgroup_path = exec.cgroup_path = cgroup::group_path(host, config.linux_.cgroups_path, "id");
    check(build_create_plan(host, config, create));
    check(build_exec_plan(host, config, exec));
  }
}

// Where the rules are wrong they are found wrong later; else both ways must agree.
void compare(std::string_view text, const Result<oci::Config>& whole) {
  const auto parted = oci::decode_config_without_rules(std::string(text));
  if (whole.ok()) fuzz::must(parted.ok());
  if (!parted.ok() || !parted.value().linux_.seccomp) return;
  const oci::Seccomp& seccomp = *parted.value().linux_.seccomp;
  const bool is_good = seccomp.rule_text.empty() || oci::decode_rules(seccomp.rule_text).ok();
  fuzz::must(is_good == whole.ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto config = oci::decode_config(text);
  compare(text, config);
  if (config.ok()) build(config.value());
  return 0;
}
