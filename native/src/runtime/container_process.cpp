#include "runtime/container_process.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "runtime/container_groups.h"
#include "runtime/hooks.h"
#include "runtime/user_namespace.h"

namespace bulkhead::runtime {
namespace {

/** systemd's socket activation (sd_listen_fds(3)): its descriptors come first, and go on to the container. */
int listen_fds() {
  const char* text = getenv("LISTEN_FDS");
  const int count = text == nullptr ? 0 : atoi(text);
  return count > 0 && count < 128 ? count : 0;
}

std::vector<int> preserved(const LaunchOptions& options, oci::Config& config) {
  const int activated = listen_fds();
  if (activated > 0 && config.process) {
    config.process->env.push_back("LISTEN_FDS=" + std::to_string(activated));
    config.process->env.emplace_back("LISTEN_PID=1");
  }
  std::vector<int> fds;
  for (int fd = 3; fd < 3 + activated + options.preserved_fds; ++fd) fds.push_back(fd);
  return fds;
}

/** Held open for reading and writing, so that neither end ever sees its other end missing (fifo(7)). */
Result<UniqueFd> make_fifo(const std::string& path) {
  if (mkfifo(path.c_str(), 0600) != 0) return make_error("state", errno, path);
  UniqueFd fifo(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  if (!fifo) return make_error("state", errno, path);
  return fifo;
}

CreateSettings create_settings(LaunchedContainer& container, const LaunchOptions& options,
                               const Connections& connections, int console) {
  CreateSettings settings;
  settings.bundle = options.bundle;
  settings.cgroup_path = container.state.cgroup_path;
  if (container.scope) settings.cgroup_owner = cgroup::GroupOwner::kSystemd;
  settings.no_pivot = options.no_pivot;
  settings.sync_before_pivot = has_create_hooks(container.config.hooks) || has_room_for_holder(container);
  settings.binds_devices = is_in_user_namespace();
  settings.root_at_path = !container.config.hooks.create_container.empty();
  settings.process.new_keyring = options.new_keyring;
  settings.process.may_set_groups = may_set_groups();
  settings.process.available_capabilities = capabilities_to_give(container.state);
  settings.supervision.mode = plan::MonitorMode::kLeave;
  settings.supervision.stdio = plan::StdioMode::kInherit;
  settings.supervision.start_fifo = connections.fifo.get();
  settings.supervision.console_socket = console >= 0 ? console : connections.console.get();
  settings.supervision.preserved = preserved(options, container.config);
  settings.process.seccomp_listener = connections.listener.get();
  if (connections.listener)
    settings.process.seccomp_message = listener_message(container.config, container.state, Status::kCreating);
  return settings;
}

/** Those that a createContainer hook enters. A pid namespace of others is not among them (container_hook.cpp). */
std::uint64_t namespaces_of(const oci::Config& config) {
  std::uint64_t flags = 0;
  for (const oci::Namespace& entry : config.linux_.namespaces)
    if (entry.flag != CLONE_NEWPID || entry.path.empty()) flags |= entry.flag;
  return flags;
}

/** While the process `pid` stands before the change of its root. */
Result<void> finish_creation(LaunchedContainer& container, pid_t pid) {
  BULKHEAD_TRY(take_room_back(container));
  container.state.pid = pid;
  const std::string state = state_json(container.state, Status::kCreating);
  container.state.pid = 0;
  return run_create_hooks(container.config.hooks, state, pid, namespaces_of(container.config));
}

}  // namespace

std::uint64_t capabilities_to_give(const ContainerState& state) {
  constexpr std::uint64_t kMknod = std::uint64_t{1} << CAP_MKNOD;
  return available_capabilities() & ~(state.cgroup_path.empty() ? kMknod : 0);
}

Result<Connections> Connections::make(const LaunchOptions& options, const LaunchedContainer& container, Begin begin) {
  Connections made;
  if (waits_for_start(container, begin)) made.fifo = BULKHEAD_TRY(make_fifo(container.directory.fifo_path()));
  if (!options.console_socket.empty()) made.console = BULKHEAD_TRY(connect_socket(options.console_socket));
  if (!options.pidfd_socket.empty()) made.pidfd_socket = BULKHEAD_TRY(connect_socket(options.pidfd_socket));
  made.listener = BULKHEAD_TRY(connect_listener(container.config));
  return made;
}

Result<void> start_process(LaunchedContainer& container, const LaunchOptions& options, const Connections& connections,
                           int console, const std::string& seccomp_program) {
  CreateSettings settings = create_settings(container, options, connections, console);
  settings.process.seccomp_program = seccomp_program;
  const LaunchPlan plan = BULKHEAD_TRY(build_create_plan(container.host, container.config, settings));
  const OpenedSlots slots = BULKHEAD_TRY(OpenedSlots::open(plan.slots));
  auto holder = BULKHEAD_TRY(hold_scope(container));
  container.has_scope = holder.has_value();
  LaunchRequest request;
  request.plan = plan.bytes;
  request.fds = slots.fds();
  request.mode = plan::MonitorMode::kLeave;
  request.inheritStdio = true;
  Error sync_error;
  request.onSync = [&](pid_t pid) {
    // The scope lives on by the container's process.
    holder.reset();
    const auto done = finish_creation(container, pid);
    if (!done.ok()) sync_error = done.error();
    return done.ok();
  };
  const auto outcome = bulkhead::launch(request);
  if (!outcome.ok()) return sync_error.object.empty() ? outcome.error() : sync_error;
  container.state.pid = outcome.value().pid;
  container.state.start_time_ticks = outcome.value().startTimeTicks;
  return {};
}

}  // namespace bulkhead::runtime
