// Config → plan, for one more process of a container.
#include "builder/plan_reader.h"
#include "cgroup/sample_hosts.h"
#include "core/oci/decode.h"
#include "sample_config.h"

using namespace bulkhead;
using namespace bulkhead::test;

TEST_CASE("an exec joins the groups and takes the container's rights; namespaces are found from its process") {
  const auto config = oci::decode_config(config_text({})).take();
  const auto host =
      host_of(std::string(kV1Mounts) + kUnifiedMount, {{"/sys/fs/cgroup/unified/bulkhead/web/cgroup.procs", ""}});
  ExecSettings settings;
  settings.pid = 77;
  settings.start_time_ticks = 12345;
  settings.cgroup_path = "/bulkhead/web";
  settings.process.user = "1000:1000";
  settings.process.seccomp_program = std::string(16, '\0');
  settings.supervision.exit_name = "shell.exit";
  const PlanReader plan(build_exec_plan(host, config, settings).take());
  CHECK(plan->kind == plan::Kind::kExec);
  CHECK(plan->target.pid == 77);
  CHECK(plan->target.startTimeTicks == 12345);
  CHECK(plan->newNamespaces == 0);
  CHECK(plan->mounts.count == 0);
  REQUIRE(plan->cgroupSteps.count == host.hierarchies.size());
  for (const plan::CgroupStep& step : plan.all(plan->cgroupSteps)) {
    const std::string file = plan.text(step.path);
    const bool is_v2 = file.starts_with("/sys/fs/cgroup/unified/");
    CHECK(step.op == (is_v2 ? plan::CgroupOp::kJoinV2 : plan::CgroupOp::kJoinV1));
    CHECK(file.find("/bulkhead/web") != std::string::npos);
    CHECK(step.flags == plan::kCgroupIfThere);
  }
  CHECK(plan.text(plan->process.user) == "1000:1000");
  CHECK(plan->process.seccomp.program.length == 16);
  CHECK(plan.text(plan->monitor.exitName) == "shell.exit");
}

TEST_CASE(
    "limits that nobody asked for are optional; of a config alone all are asked for; the umask is 022 unless it says") {
  const std::string limits_text =
      R"("rlimits":[{"type":"RLIMIT_CORE","soft":0,"hard":0},{"type":"RLIMIT_NOFILE","soft":1,"hard":2}])";
  ConfigParts parts;
  parts.process = process_with(limits_text);
  const auto config = oci::decode_config(config_text(parts)).take();
  ExecSettings settings;
  settings.pid = 77;
  settings.cgroup_path = "/bulkhead/web";
  std::vector<std::uint32_t> optional;
  SUBCASE("of a config") { optional = {0, 0}; }
  SUBCASE("one asked for") {
    optional = {1, 0}, settings.process.required_rlimits = std::vector<std::string>{"RLIMIT_NOFILE"};
  }
  const PlanReader plan(build_exec_plan(hybrid_host(), config, settings).take());
  const auto limits = plan.all(plan->process.rlimits);
  REQUIRE(limits.size() == 2);
  CHECK(limits[0].isOptional == optional[0]);
  CHECK(limits[1].isOptional == optional[1]);
  CHECK((plan->process.flags & plan::kProcessHasUmask) != 0);
  CHECK(plan->process.umask == 022);
}

TEST_CASE("a config without a process can't be executed") {
  const auto config =
      oci::decode_config(R"({"ociVersion":"1.2.0","root":{"path":"r"},"linux":{"namespaces":[{"type":"mount"}]}})")
          .take();
  CHECK(build_exec_plan(hybrid_host(), config, {}).error().object == "process: missing");
  CreateSettings settings;
  settings.bundle = "/b";
  CHECK(build_create_plan(hybrid_host(), config, settings).error().object == "process: missing");
}
