#include "runtime/process_launch.h"

#include <cerrno>

#include "runtime/container_launch.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

/** In a hierarchy where it were missing, the process would stay in the caller's group, beyond the container's limits. */
Result<void> check_group(const cgroup::Host& host, const std::string& path, const std::string& group) {
  if (path.empty() && !group.empty()) return plain_error("--cgroup: the container has no cgroup");
  if ((group + "/").find("/../") != std::string::npos) return plain_error("--cgroup: " + group + " points upwards");
  for (const cgroup::Hierarchy& hierarchy : host.hierarchies)
    if (host.exists(hierarchy.mount_point + path) && !host.exists(hierarchy.mount_point + path + group))
      return make_error("state", ENOENT, hierarchy.mount_point + path + group);
  return {};
}

}  // namespace

Result<LaunchOutcome> launch_process(const cgroup::Host& host, const oci::Config& config, oci::Process process,
                                     const ContainerState& state, const ProcessOptions& options) {
  oci::Config executed = config;
  executed.process = std::move(process);
  BULKHEAD_TRY(check_labels(executed));
  BULKHEAD_TRY(check_group(host, state.cgroup_path, options.group));
  ExecSettings settings;
  settings.pid = state.pid;
  settings.start_time_ticks = state.start_time_ticks;
  settings.cgroup_path = state.cgroup_path + options.group;
  settings.process.user = options.user;
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
