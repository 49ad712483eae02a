#include "runtime/container_launch.h"

#include <memory>

#include "core/linux/files.h"
#include "runtime/container_groups.h"
#include "runtime/container_process.h"
#include "runtime/hooks.h"
#include "runtime/messages.h"
#include "runtime/own_namespace.h"
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

std::string absolute_root(const oci::Config& config, const std::string& bundle) {
  return config.root.path.front() == '/' ? config.root.path : bundle + "/" + config.root.path;
}

ContainerState first_state(const LaunchOptions& options, const oci::Config& config, const cgroup::Host& host,
                           const std::optional<systemd::ScopeName>& scope) {
  ContainerState state;
  state.id = options.id;
  state.bundle = options.bundle;
  state.rootfs = absolute_root(config, options.bundle);
  state.cgroup_path = scope ? scope->cgroup_path : cgroup::group_path(host, config.linux_.cgroups_path, options.id);
  if (scope) state.systemd_unit = scope->unit;
  state.created = timestamp();
  state.annotations = config.annotations;
  return state;
}

Result<void> check_console(const LaunchOptions& options, const oci::Config& config, bool has_console) {
  const bool has_terminal = config.process && config.process->terminal;
  if (has_terminal && !has_console)
    return plain_error("cannot allocate tty if runc will detach without setting console socket");
  if (!has_terminal && !options.console_socket.empty())
    return plain_error("cannot use console socket if runc will not detach or allocate tty");
  return {};
}

/** What there is before anything is made; every error that the config alone can cause comes from here. */
Result<LaunchedContainer> prepared(const Environment& environment, const LaunchOptions& options,
                                   const std::shared_ptr<const std::string>& text, bool has_console) {
  StateDirectory directory = BULKHEAD_TRY(StateDirectory::of(environment, options.id));
  oci::Config config = BULKHEAD_TRY(oci::decode_config_without_rules(text));
  BULKHEAD_TRY(check_labels(config));
  BULKHEAD_TRY(check_console(options, config, has_console));
  cgroup::Host host = BULKHEAD_TRY(host_for_launch(environment));
  // A group delegated to whoever calls this program holds his processes, and so can't hand controllers down.
  host.root = cgroup::kDefaultRoot;
  auto scope = BULKHEAD_TRY(scope_of(environment, options.id, config));
  ContainerState state = first_state(options, config, host, scope);
  leave_out_unwritable(environment, state.cgroup_path, host);
  if (host.hierarchies.empty()) state.cgroup_path.clear();
  return LaunchedContainer{std::move(directory), std::move(state), std::move(config),
                           std::move(host),      std::move(scope), false};
}

/** What bulkhead-init has not undone of a launch that has failed. */
void clean_up(const Environment& environment, const LaunchedContainer& container, const Error& error) {
  // Killed, or given up. Only what is empty, for nobody knows any more whether the group was there before.
  if (error.step == "launch") cgroup::remove_if_empty(container.host, container.state.cgroup_path);
  // The spec: destroyed, and then the hooks that undo what hooks have done.
  if (has_create_hooks(container.config.hooks))
    run_poststop_hooks(environment, container.config.hooks.poststop, state_json(container.state, Status::kStopped));
}

}  // namespace

Result<LaunchedContainer> launch_container(const Environment& environment, const LaunchOptions& options, Begin begin,
                                           int console) {
  const auto text = oci::share_text(BULKHEAD_TRY(read_file(options.config_path)));
  LaunchedContainer container =
      BULKHEAD_TRY(prepared(environment, options, text, console >= 0 || !options.console_socket.empty()));
  if (needs_own_namespace(environment)) BULKHEAD_TRY(enter_own_namespace(container.config));
  const std::string program = BULKHEAD_TRY(seccomp_program(container.config));
  BULKHEAD_TRY(container.directory.make(environment.root));
  Undo undo(container);
  BULKHEAD_TRY(container.directory.save(container.state));
  // exec needs it later, whatever has become of the bundle by then.
  BULKHEAD_TRY(replace_file(container.directory.config_path(), *text, 0600, "state"));
  const Connections connections = BULKHEAD_TRY(Connections::make(options, container, begin));
  if (const auto done = start_process(container, options, connections, console, program); !done.ok()) {
    clean_up(environment, container, done.error());
    return done.error();
  }
  BULKHEAD_TRY(container.directory.save(container.state));
  undo.forget();
  BULKHEAD_TRY(send_pidfd(connections.pidfd_socket.get(), container.state.pid));
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
