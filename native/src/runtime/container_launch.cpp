#include "runtime/container_launch.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "core/linux/files.h"
#include "runtime/container_groups.h"
#include "runtime/hooks.h"
#include "runtime/messages.h"
#include "runtime/pidfd_socket.h"

namespace bulkhead::runtime {
namespace {

/** Undoes what was made for a container, unless its launch has come to its end. */
class Undo {
 public:
  explicit Undo(const LaunchedContainer& container) : container_(&container) {}
  ~Undo() {
    if (container_ == nullptr) return;
    // bulkhead-init has removed the groups that it has made; those of a scope are not its own.
    if (container_->has_scope) (void)remove_groups(container_->host, container_->state);
    container_->directory.remove();
  }
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  void forget() { container_ = nullptr; }

 private:
  const LaunchedContainer* container_;
};

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

std::string absolute_root(const oci::Config& config, const std::string& bundle) {
  return config.root.path.front() == '/' ? config.root.path : bundle + "/" + config.root.path;
}

ContainerState first_state(const LaunchOptions& options, const oci::Config& config, const cgroup::Host& host) {
  ContainerState state;
  state.id = options.id;
  state.bundle = options.bundle;
  state.rootfs = absolute_root(config, options.bundle);
  state.cgroup_path = cgroup::group_path(host, config.linux_.cgroups_path, options.id);
  state.created = timestamp();
  state.annotations = config.annotations;
  return state;
}

CreateSettings create_settings(const LaunchOptions& options, LaunchedContainer& container, int fifo, int console) {
  CreateSettings settings;
  settings.bundle = options.bundle;
  settings.cgroup_path = container.state.cgroup_path;
  if (container.scope) settings.cgroup_owner = cgroup::GroupOwner::kSystemd;
  settings.no_pivot = options.no_pivot;
  settings.sync_before_pivot = has_create_hooks(container.config.hooks);
  settings.root_at_path = !container.config.hooks.create_container.empty();
  settings.process.new_keyring = options.new_keyring;
  settings.process.available_capabilities = capabilities_to_give(container.state);
  settings.supervision.mode = plan::MonitorMode::kLeave;
  settings.supervision.stdio = plan::StdioMode::kInherit;
  settings.supervision.start_fifo = fifo;
  settings.supervision.console_socket = console;
  settings.supervision.preserved = preserved(options, container.config);
  return settings;
}

}  // namespace

std::uint64_t capabilities_to_give(const ContainerState& state) {
  constexpr std::uint64_t kMknod = std::uint64_t{1} << CAP_MKNOD;
  return available_capabilities() & ~(state.cgroup_path.empty() ? kMknod : 0);
}

namespace {

/** Those that a createContainer hook enters. A pid namespace of others is not among them (container_hook.cpp). */
std::uint64_t namespaces_of(const oci::Config& config) {
  std::uint64_t flags = 0;
  for (const oci::Namespace& entry : config.linux_.namespaces)
    if (entry.flag != CLONE_NEWPID || entry.path.empty()) flags |= entry.flag;
  return flags;
}

/** Builds the plan and carries it out; the state then knows the process. */
Result<void> start_process(LaunchedContainer& container, const CreateSettings& settings) {
  const LaunchPlan plan = BULKHEAD_TRY(build_create_plan(container.host, container.config, settings));
  const OpenedSlots slots = BULKHEAD_TRY(OpenedSlots::open(plan.slots));
  const auto holder = BULKHEAD_TRY(hold_scope(container));
  container.has_scope = holder.has_value();
  LaunchRequest request;
  request.plan = plan.bytes;
  request.fds = slots.fds();
  request.mode = plan::MonitorMode::kLeave;
  request.inheritStdio = true;
  Error hook_error;
  request.onSync = [&](pid_t pid) {
    container.state.pid = pid;
    auto done = run_create_hooks(container.config.hooks, state_json(container.state, Status::kCreating), pid,
                                 namespaces_of(container.config));
    container.state.pid = 0;
    if (!done.ok()) hook_error = done.error();
    return done.ok();
  };
  const auto outcome = bulkhead::launch(request);
  if (!outcome.ok()) return hook_error.object.empty() ? outcome.error() : hook_error;
  container.state.pid = outcome.value().pid;
  container.state.start_time_ticks = outcome.value().startTimeTicks;
  return {};
}

Result<void> check_console(const LaunchOptions& options, const oci::Config& config, bool has_console) {
  const bool has_terminal = config.process && config.process->terminal;
  if (has_terminal && !has_console)
    return plain_error("cannot allocate tty if runc will detach without setting console socket");
  if (!has_terminal && !options.console_socket.empty())
    return plain_error("cannot use console socket if runc will not detach or allocate tty");
  return {};
}

}  // namespace

Result<LaunchedContainer> launch_container(const Environment& environment, const LaunchOptions& options, Begin begin,
                                           int console) {
  StateDirectory directory = BULKHEAD_TRY(StateDirectory::of(environment, options.id));
  const std::string text = BULKHEAD_TRY(read_file(options.config_path));
  oci::Config config = BULKHEAD_TRY(oci::decode_config_without_rules(text));
  BULKHEAD_TRY(check_labels(config));
  BULKHEAD_TRY(check_console(options, config, console >= 0 || !options.console_socket.empty()));
  std::string program = BULKHEAD_TRY(seccomp_program(config));
  cgroup::Host host = BULKHEAD_TRY(host_for_launch(environment));
  // A group delegated to whoever calls this program holds his processes, and so can't hand controllers down.
  host.root = cgroup::kDefaultRoot;
  auto scope = BULKHEAD_TRY(scope_of(environment, options.id, config));
  ContainerState state = first_state(options, config, host);
  if (scope) {
    state.cgroup_path = scope->cgroup_path;
    state.systemd_unit = scope->unit;
  }
  leave_out_unwritable(environment, state.cgroup_path, host);
  if (host.hierarchies.empty()) state.cgroup_path.clear();
  BULKHEAD_TRY(directory.make(environment.root));
  LaunchedContainer container{std::move(directory), std::move(state), std::move(config),
                              std::move(host),      std::move(scope), false};
  Undo undo(container);
  BULKHEAD_TRY(container.directory.save(container.state));
  // exec needs it later, whatever has become of the bundle by then.
  BULKHEAD_TRY(replace_file(container.directory.config_path(), text, 0600, "state"));
  UniqueFd fifo;
  if (waits_for_start(container, begin)) fifo = BULKHEAD_TRY(make_fifo(container.directory.fifo_path()));
  UniqueFd connected;
  if (console < 0 && !options.console_socket.empty()) connected = BULKHEAD_TRY(connect_socket(options.console_socket));
  UniqueFd pidfd_socket;
  if (!options.pidfd_socket.empty()) pidfd_socket = BULKHEAD_TRY(connect_socket(options.pidfd_socket));
  CreateSettings settings = create_settings(options, container, fifo.get(), console >= 0 ? console : connected.get());
  settings.process.seccomp_program = std::move(program);
  const UniqueFd listener = BULKHEAD_TRY(connect_listener(container.config));
  settings.process.seccomp_listener = listener.get();
  if (listener)
    settings.process.seccomp_message = listener_message(container.config, container.state, Status::kCreating);
  if (auto done = start_process(container, settings); !done.ok()) {
    // Killed, or given up: then bulkhead-init has not undone what it had made. Only what is empty, for nobody knows any more
    // whether the group was there before.
    if (done.error().step == "launch") cgroup::remove_if_empty(container.host, container.state.cgroup_path);
    // The spec: destroyed, and then the hooks that undo what hooks have done.
    if (settings.sync_before_pivot)
      run_poststop_hooks(environment, container.config.hooks.poststop, state_json(container.state, Status::kStopped));
    return done.error();
  }
  BULKHEAD_TRY(take_room_back(container));
  BULKHEAD_TRY(container.directory.save(container.state));
  undo.forget();
  BULKHEAD_TRY(send_pidfd(pidfd_socket.get(), container.state.pid));
  BULKHEAD_TRY(write_pid_file(options.pid_file, container.state.pid));
  return container;
}

bool waits_for_start(const LaunchedContainer& container, Begin begin) {
  return begin == Begin::kWhenStarted || !container.config.hooks.start_container.empty();
}

Result<void> destroy_container(const Environment& environment, const cgroup::Host& host, const oci::Hooks& hooks,
                               const StateDirectory& directory, const ContainerState& state) {
  BULKHEAD_TRY(remove_groups(host, state));
  directory.remove();
  if (!hooks.poststop.empty()) run_poststop_hooks(environment, hooks.poststop, state_json(state, Status::kStopped));
  return {};
}

}  // namespace bulkhead::runtime
