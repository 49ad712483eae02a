#include "runtime/process_launch.h"

#include <unistd.h>

#include <cerrno>

#include "runtime/container_launch.h"
#include "runtime/messages.h"
#include "runtime/own_namespace.h"
#include "runtime/user_namespace.h"

namespace bulkhead::runtime {
namespace {

/** In a hierarchy where it were missing, the process would stay in the caller's group, beyond the container's limits. */
Result<void> check_groups(const cgroup::Host& host, const std::string& path, const cgroup::Subgroups& subgroups) {
  if (subgroups.empty()) return {};
  if (path.empty()) return plain_error("--cgroup: the container has no cgroup");
  for (const auto& [controller, group] : subgroups) {
    if ((group + "/").find("/../") != std::string::npos) return plain_error("--cgroup: " + group + " points upwards");
    const cgroup::Hierarchy* hierarchy = host.find(controller);
    if (!controller.empty() && (hierarchy == nullptr || hierarchy->is_v2))
      return plain_error("--cgroup: " + controller + " is no controller of cgroup v1 here");
  }
  for (const cgroup::Hierarchy& hierarchy : host.hierarchies) {
    const std::string own = hierarchy.mount_point + path;
    const std::string wanted = own + cgroup::subgroup_in(hierarchy, subgroups);
    if (host.exists(own) && !host.exists(wanted)) return make_error("state", ENOENT, wanted);
  }
  return {};
}

}  // namespace

Result<LaunchOutcome> launch_process(const cgroup::Host& host, const oci::Config& config, oci::Process process,
                                     const ContainerState& state, const ProcessOptions& options) {
  oci::Config executed = config;
  executed.process = std::move(process);
  BULKHEAD_TRY(check_labels(executed));
  if (geteuid() != 0) BULKHEAD_TRY(enter_namespace_above(config, state.pid));
  BULKHEAD_TRY(check_groups(host, state.cgroup_path, options.subgroups));
  ExecSettings settings;
  settings.pid = state.pid;
  settings.start_time_ticks = state.start_time_ticks;
  settings.cgroup_path = state.cgroup_path;
  settings.subgroups = options.subgroups;
  settings.process.user = options.user;
  settings.process.may_set_groups = may_set_groups();
  settings.process.available_capabilities = capabilities_to_give(state);
  settings.process.seccomp_program = BULKHEAD_TRY(seccomp_program(config));
  const UniqueFd listener = BULKHEAD_TRY(connect_listener(config));
  settings.process.seccomp_listener = listener.get();
  if (listener) settings.process.seccomp_message = listener_message(config, state, Status::kRunning);
  settings.supervision.mode = plan::MonitorMode::kLeave;
  settings.supervision.stdio = plan::StdioMode::kInherit;
  settings.supervision.console_socket = options.console_socket;
  settings.supervision.preserved = options.preserved;
  const LaunchPlan plan = BULKHEAD_TRY(build_exec_plan(host, executed, settings));
  const OpenedSlots slots = BULKHEAD_TRY(OpenedSlots::open(plan.slots));
  LaunchRequest request;
  request.plan = plan.bytes;
  request.fds = slots.fds();
  request.mode = plan::MonitorMode::kLeave;
  request.inheritStdio = true;
  return bulkhead::launch(request);
}

}  // namespace bulkhead::runtime
