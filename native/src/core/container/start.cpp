// Config → settings → plan → launch; the descriptors that go with it are opened here and closed by their owners.
#include "core/container/start.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

#include "core/cgroup/control.h"
#include "core/linux/capabilities.h"
#include "core/oci/decode.h"

namespace bulkhead {
namespace {

Result<UniqueFd> open_run_directory(const std::string& path) {
  UniqueFd directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return make_error("monitor", errno, path);
  return directory;
}

Result<UniqueFd> open_log(const std::optional<std::string>& path) {
  if (!path) return UniqueFd();
  UniqueFd log(open(path->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!log) return make_error("monitor", errno, *path);
  return log;
}

Result<ProcessSettings> process_settings(StartContext context, const oci::Config& config,
                                         const std::optional<std::string>& user,
                                         const std::vector<std::string>& required_rlimits) {
  ProcessSettings settings;
  settings.user = user;
  settings.required_rlimits = required_rlimits;
  settings.available_capabilities = available_capabilities();
  if (config.linux_.seccomp) settings.seccomp_program = BULKHEAD_TRY(context.seccomp.get(*config.linux_.seccomp));
  return settings;
}

plan::StdioMode stdio_of(const oci::Config& config) {
  return config.process && config.process->terminal ? plan::StdioMode::kTerminal : plan::StdioMode::kPipes;
}

// bulkhead-init itself gives an exec up before that; what hangs longer is bulkhead-init.
constexpr int kExecTimeoutMs = 8000;
constexpr int kCreateTimeoutMs = 15'000;

LaunchRequest request_of(StartContext context, const LaunchPlan& plan, const OpenedSlots& slots, int timeout_ms) {
  LaunchRequest request;
  request.plan = plan.bytes;
  request.fds = slots.fds();
  request.timeoutMs = timeout_ms;
  request.steps = &context.steps;
  return request;
}

std::vector<MountSource> borrow(const std::vector<OwnedMountSource>& owned) {
  std::vector<MountSource> sources;
  for (const OwnedMountSource& one : owned) {
    sources.push_back(one.source);
    sources.back().fd = one.fd.get();
  }
  return sources;
}

/** A file name in the run directory, which must not lead anywhere else. */
bool is_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos && name.size() <= 64;
}

/** The plan of a container, and the descriptors that it is about, for as long as it takes to launch it. */
struct ContainerPlan {
  UniqueFd run_directory;
  UniqueFd log;
  LaunchPlan plan;
  OpenedSlots slots;
};

/** `gate`: what the process waits for before it executes; -1: for nothing. */
Result<ContainerPlan> plan_container(StartContext context, const ContainerStart& start, int gate) {
  const oci::Config config = BULKHEAD_TRY(oci::decode_config_without_rules(start.config));
  UniqueFd run_directory = BULKHEAD_TRY(open_run_directory(start.run_directory));
  UniqueFd log = BULKHEAD_TRY(open_log(start.log_path));
  CreateSettings settings;
  settings.bundle = "/";
  settings.overlay = start.overlay;
  settings.mount_sources = borrow(start.mount_sources);
  settings.cgroup_path = cgroup::group_path(context.host, config.linux_.cgroups_path, start.id);
  settings.process = BULKHEAD_TRY(process_settings(context, config, start.user, start.required_rlimits));
  settings.supervision.stdio = stdio_of(config);
  settings.supervision.run_directory = run_directory.get();
  settings.supervision.log = log.get();
  settings.supervision.open_stdin = start.open_stdin;
  settings.supervision.start_fifo = gate;
  for (const UniqueFd& fd : start.descriptors) settings.supervision.preserved.push_back(fd.get());
  BULKHEAD_TRY(cgroup::make_room(context.host));
  LaunchPlan plan = BULKHEAD_TRY(build_create_plan(context.host, config, settings));
  OpenedSlots slots = BULKHEAD_TRY(OpenedSlots::open(plan.slots));
  return ContainerPlan{std::move(run_directory), std::move(log), std::move(plan), std::move(slots)};
}

}  // namespace

Result<LaunchOutcome> start_container(StartContext context, const ContainerStart& start) {
  const ContainerPlan made = BULKHEAD_TRY(plan_container(context, start, -1));
  return launch(request_of(context, made.plan, made.slots, kCreateTimeoutMs));
}

Result<ParkedLaunch> park_container(StartContext context, const ContainerStart& start) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return make_error("launch", errno, "gate");
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  const ContainerPlan made = BULKHEAD_TRY(plan_container(context, start, theirs.get()));
  return ParkedLaunch::start(request_of(context, made.plan, made.slots, kCreateTimeoutMs), std::move(ours));
}

Result<LaunchOutcome> start_exec(StartContext context, const ExecStart& start) {
  if (!is_name(start.name)) return make_error("monitor", EINVAL, start.name);
  // Held until the launch is over: the pid can't become somebody else's meanwhile.
  const UniqueFd target = BULKHEAD_TRY(open_process(start.target));
  const oci::Config config = BULKHEAD_TRY(oci::decode_config_without_rules(start.config));
  if (config.linux_.cgroups_path.empty()) return make_error("config", EINVAL, "linux.cgroupsPath: missing");
  const UniqueFd run_directory = BULKHEAD_TRY(open_run_directory(start.run_directory));
  ExecSettings settings;
  settings.pid = start.target.pid;
  settings.start_time_ticks = start.target.start_time_ticks;
  settings.cgroup_path = cgroup::group_path(context.host, config.linux_.cgroups_path, "");
  settings.process = BULKHEAD_TRY(process_settings(context, config, start.user, start.required_rlimits));
  settings.supervision.stdio = stdio_of(config);
  settings.supervision.run_directory = run_directory.get();
  settings.supervision.socket_name = start.name + ".sock";
  settings.supervision.exit_name = start.name + ".exit";
  settings.supervision.open_stdin = start.open_stdin;
  settings.supervision.wait_for_attach = start.wait_for_attach;
  const LaunchPlan plan = BULKHEAD_TRY(build_exec_plan(context.host, config, settings));
  const OpenedSlots slots = BULKHEAD_TRY(OpenedSlots::open(plan.slots));
  return launch(request_of(context, plan, slots, kExecTimeoutMs));
}

}  // namespace bulkhead
