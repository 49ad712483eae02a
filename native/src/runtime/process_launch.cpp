#include "runtime/process_launch.h"

#include "runtime/container_launch.h"

namespace bulkhead::runtime {

Result<LaunchOutcome> launch_process(const cgroup::Host& host, const oci::Config& config, oci::Process process,
                                     const ContainerState& state, const ProcessOptions& options) {
  oci::Config executed = config;
  executed.process = std::move(process);
  ExecSettings settings;
  settings.pid = state.pid;
  settings.start_time_ticks = state.start_time_ticks;
  settings.cgroup_path = state.cgroup_path;
  settings.process.user = options.user;
  settings.process.available_capabilities = available_capabilities();
  settings.process.seccomp_program = BULKHEAD_TRY(seccomp_program(config));
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
