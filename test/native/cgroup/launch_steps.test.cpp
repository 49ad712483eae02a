// The order in which a launch makes, limits and joins groups.
#include "core/cgroup/launch_steps.h"

#include <doctest.h>

#include <algorithm>

#include "cgroup/sample_hosts.h"
#include "core/oci/decode.h"

using namespace bulkhead;
using namespace bulkhead::test;
using plan::CgroupOp;

namespace {

cgroup::LaunchSteps planned(const cgroup::Host& host, const char* text) {
  auto steps = cgroup::plan_launch(host, "/bulkhead/web", oci::decode_resources(text).value());
  REQUIRE(steps.ok());
  return steps.take();
}

long index_of(const cgroup::LaunchSteps& steps, CgroupOp op, const std::string& path) {
  const auto found = std::find_if(steps.steps.begin(), steps.steps.end(),
                                  [&](const auto& step) { return step.op == op && step.path == path; });
  return found == steps.steps.end() ? -1 : found - steps.steps.begin();
}

std::vector<std::string> paths_of(const cgroup::LaunchSteps& steps, CgroupOp op) {
  std::vector<std::string> paths;
  for (const auto& step : steps.steps)
    if (step.op == op) paths.push_back(step.path);
  return paths;
}

}  // namespace

TEST_CASE("hybrid: tasks of v1 groups, the v2 group by its directory, no v1 freezer and no cpuset unasked") {
  const auto steps = planned(hybrid_host(), R"({"memory":{"limit":1000}})");
  const auto joined = paths_of(steps, CgroupOp::kJoinV1);
  CHECK(std::find(joined.begin(), joined.end(), "/sys/fs/cgroup/memory/bulkhead/web/tasks") != joined.end());
  CHECK(std::find(joined.begin(), joined.end(), "/sys/fs/cgroup/freezer/bulkhead/web/tasks") == joined.end());
  CHECK(std::find(joined.begin(), joined.end(), "/sys/fs/cgroup/cpuset/bulkhead/web/tasks") == joined.end());
  CHECK(paths_of(steps, CgroupOp::kJoinV2) == std::vector<std::string>{"/sys/fs/cgroup/unified/bulkhead/web"});
  CHECK(steps.end.kill_file == "/sys/fs/cgroup/unified/bulkhead/web/cgroup.kill");
  CHECK(steps.end.oom_file == "/sys/fs/cgroup/memory/bulkhead/web/memory.oom_control");
  CHECK_FALSE(steps.end.is_thaw_v1);
}

TEST_CASE("whoever may mount has a group in every hierarchy") {
  const auto host = hybrid_host();
  const auto steps =
      cgroup::plan_launch(host, "/bulkhead/web", {}, cgroup::GroupOwner::kLauncher, cgroup::Groups::kEverywhere).take();
  CHECK(steps.directories.size() == host.hierarchies.size());
  CHECK(index_of(steps, CgroupOp::kJoinV1, "/sys/fs/cgroup/freezer/bulkhead/web/tasks") >= 0);
  CHECK(index_of(steps, CgroupOp::kJoinV1, "/sys/fs/cgroup/cpuset/bulkhead/web/tasks") >= 0);
}

TEST_CASE("v1: the freezer is joined and thawed; a cpuset inherits from the top before it is limited") {
  const auto steps = planned(v1_host(), R"({"cpu":{"cpus":"1"}})");
  CHECK(steps.end.thaw_file == "/sys/fs/cgroup/freezer/bulkhead/web/freezer.state");
  CHECK(steps.end.is_thaw_v1);
  CHECK(steps.end.kill_file.empty());
  const long made = index_of(steps, CgroupOp::kMake, "/sys/fs/cgroup/cpuset/bulkhead/web");
  const long parent = index_of(steps, CgroupOp::kInherit, "/sys/fs/cgroup/cpuset/bulkhead/cpuset.mems");
  const long own = index_of(steps, CgroupOp::kInherit, "/sys/fs/cgroup/cpuset/bulkhead/web/cpuset.mems");
  const long limit = index_of(steps, CgroupOp::kWrite, "/sys/fs/cgroup/cpuset/bulkhead/web/cpuset.cpus");
  CHECK(made >= 0);
  CHECK(made < parent);
  CHECK(parent < own);
  CHECK(own < limit);
}

TEST_CASE("v1: devices are denied, then allowed, line by line") {
  const auto steps = planned(v1_host(), "{}");
  std::vector<std::string> values;
  for (const auto& step : steps.steps)
    if (step.path.find("/devices.") != std::string::npos)
      values.push_back(step.path.substr(step.path.rfind('.') + 1) + " " + step.value);
  REQUIRE(values.size() > 3);
  CHECK(values.front() == "deny a *:* rwm");
  CHECK(std::find(values.begin(), values.end(), "allow c 1:3 rwm") != values.end());
}

TEST_CASE(
    "v2: controllers are handed down from the top before the group is made; those that are on already are not "
    "written") {
  const auto steps = planned(v2_host(), R"({"memory":{"limit":1000},"cpu":{"cpus":"0"}})");
  const long top = index_of(steps, CgroupOp::kWrite, "/sys/fs/cgroup/cgroup.subtree_control");
  const long root = index_of(steps, CgroupOp::kMake, "/sys/fs/cgroup/bulkhead");
  const long below = index_of(steps, CgroupOp::kWrite, "/sys/fs/cgroup/bulkhead/cgroup.subtree_control");
  const long own = index_of(steps, CgroupOp::kMake, "/sys/fs/cgroup/bulkhead/web");
  CHECK(top >= 0);
  CHECK(root >= 0);
  CHECK(root < below);
  CHECK(below < own);
  CHECK(steps.steps[static_cast<std::size_t>(top)].value == "+cpuset");
  for (const auto& step : steps.steps)
    CHECK_FALSE((step.path == "/sys/fs/cgroup/cgroup.subtree_control" && step.value == "+memory"));
  CHECK((steps.steps[static_cast<std::size_t>(own)].flags & plan::kCgroupOwned) != 0);
  CHECK((steps.steps[static_cast<std::size_t>(root)].flags & plan::kCgroupOwned) == 0);
}

TEST_CASE("v2: controllers for statistics alone may be missing, those with a limit may not") {
  const auto steps = planned(v2_host(), R"({"pids":{"limit":5}})");
  for (const auto& step : steps.steps) {
    if (step.op != CgroupOp::kWrite || !step.path.ends_with("cgroup.subtree_control")) continue;
    const bool optional = (step.flags & plan::kCgroupOptional) != 0;
    CHECK(optional == (step.value != "+pids"));
  }
}

TEST_CASE("v2: devices become one program") {
  const auto steps = planned(v2_host(), "{}");
  const long program = index_of(steps, CgroupOp::kDeviceProgram, "/sys/fs/cgroup/bulkhead/web");
  REQUIRE(program >= 0);
  CHECK(steps.steps[static_cast<std::size_t>(program)].value.size() % 8 == 0);
}

TEST_CASE("another process joins the groups that there are, in every hierarchy") {
  const auto host = host_of(std::string(kV1Mounts) + kUnifiedMount, {});
  const auto steps = cgroup::plan_join(host, "/bulkhead/web");
  REQUIRE(steps.steps.size() == host.hierarchies.size());
  for (const auto& step : steps.steps) CHECK(step.flags == plan::kCgroupIfThere);
  CHECK(index_of(steps, CgroupOp::kJoinV1, "/sys/fs/cgroup/memory/bulkhead/web/tasks") >= 0);
  CHECK(steps.steps.back().op == CgroupOp::kJoinV2);
  CHECK(steps.steps.back().path == "/sys/fs/cgroup/unified/bulkhead/web");
}

TEST_CASE("another process goes into a group below, in all hierarchies or in those of a controller") {
  const auto host = host_of(
      std::string(kV1Mounts) + kUnifiedMount,
      {{"/sys/fs/cgroup/unified/bulkhead/web/cgroup.procs", ""}, {"/sys/fs/cgroup/memory/bulkhead/web/tasks", ""}});
  const auto all = cgroup::plan_join(host, "/bulkhead/web", {{"", "/sub"}});
  CHECK(all.steps[0].path == "/sys/fs/cgroup/memory/bulkhead/web/sub/tasks");
  CHECK(all.steps[1].path == "/sys/fs/cgroup/unified/bulkhead/web/sub");
  const auto memory = cgroup::plan_join(host, "/bulkhead/web", {{"memory", "/sub"}});
  CHECK(memory.steps[0].path == "/sys/fs/cgroup/memory/bulkhead/web/sub/tasks");
  CHECK(memory.steps[1].path == "/sys/fs/cgroup/unified/bulkhead/web");
}

TEST_CASE("a scope of systemd's is joined and limited, neither made nor removed; its holder is one process more") {
  const auto resources = oci::decode_resources(R"({"memory":{"limit":1000},"pids":{"limit":5}})").value();
  const auto steps =
      cgroup::plan_launch(v2_host(), "/a.slice/b.scope", resources, cgroup::GroupOwner::kSystemd).value();
  for (const auto& step : steps.steps) {
    CHECK_FALSE(step.path.ends_with("cgroup.subtree_control"));
    CHECK((step.flags & plan::kCgroupOwned) == 0);
  }
  CHECK(steps.directories == std::vector<std::string>{"/sys/fs/cgroup/a.slice/b.scope"});
  CHECK(paths_of(steps, CgroupOp::kJoinV2) == steps.directories);
  const long pids = index_of(steps, CgroupOp::kWrite, "/sys/fs/cgroup/a.slice/b.scope/pids.max");
  REQUIRE(pids >= 0);
  CHECK(steps.steps[static_cast<std::size_t>(pids)].value == "6");
  CHECK(steps.end.kill_file == "/sys/fs/cgroup/a.slice/b.scope/cgroup.kill");
}
