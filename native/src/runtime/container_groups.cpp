#include "runtime/container_groups.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/descriptor/process.h"
#include "core/linux/files.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {

Result<std::optional<systemd::ScopeName>> scope_of(const Environment& environment, const std::string& id,
                                                   const oci::Config& config) {
  if (!environment.uses_systemd) return std::optional<systemd::ScopeName>();
  for (const auto& [name, value] : config.annotations)
    if (name.starts_with("org.systemd.property."))
      return make_error("config", EINVAL, "annotations." + name + ": annotations set no properties of systemd's units");
  return std::optional(BULKHEAD_TRY(systemd::scope_name(config.linux_.cgroups_path, id)));
}

namespace {

/** Nothing is looked for in any hierarchy. */
cgroup::Host host_without_groups() {
  cgroup::Host host;
  host.exists = path_exists;
  host.read = [](const std::string&) { return std::string(); };
  return host;
}

/** access(2) says of root's, too, when it is mounted read-only. */
bool may_make(const std::string& mount_point, std::string group) {
  while (!group.empty() && !path_exists(mount_point + group)) group.resize(group.rfind('/'));
  return access((mount_point + group).c_str(), W_OK) == 0;
}

/** Whoever has no group of his own is ended by his process; what else is in its pid namespace ends with that. */
Result<void> end_process(const ContainerState& state) {
  if (!is_alive(state.pid, state.start_time_ticks)) return {};
  const UniqueFd pidfd = open_pidfd(state.pid);
  if (!pidfd || !is_alive(state.pid, state.start_time_ticks)) return {};
  constexpr int kDeadlineMs = 10'000;
  pollfd ended{pidfd.get(), POLLIN, 0};
  if (syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0) != 0 && errno != ESRCH)
    return make_error("kill", errno, std::to_string(state.pid));
  return poll(&ended, 1, kDeadlineMs) > 0 ? Result<void>() : make_error("kill", ETIMEDOUT, std::to_string(state.pid));
}

}  // namespace

Result<cgroup::Host> host_for_launch(const Environment& environment) {
  if (!environment.has_groups) return host_without_groups();
  auto host = cgroup::probe_host();
  if (!host.ok() && environment.tolerates_missing_groups) return host_without_groups();
  return host;
}

void leave_out_unwritable(const Environment& environment, const std::string& path, cgroup::Host& host) {
  if (!environment.tolerates_missing_groups) return;
  std::erase_if(host.hierarchies,
                [&](const cgroup::Hierarchy& hierarchy) { return !may_make(hierarchy.mount_point, path); });
}

Result<cgroup::Host> host_of(const ContainerState& state) {
  if (state.cgroup_path.empty()) return host_without_groups();
  return cgroup::probe_host();
}

Result<void> require_groups(const ContainerState& state) {
  if (!state.cgroup_path.empty()) return {};
  return plain_error("container " + state.id + " has no cgroup");
}

Result<std::optional<systemd::ScopeHolder>> hold_scope(const LaunchedContainer& container) {
  if (!container.scope) return std::optional<systemd::ScopeHolder>();
  return std::optional(BULKHEAD_TRY(systemd::ScopeHolder::start(container.host, *container.scope, container.state.id,
                                                                container.config.linux_.resources)));
}

bool has_room_for_holder(const LaunchedContainer& container) {
  return container.scope && container.config.linux_.resources.pids_limit.value_or(0) > 0;
}

Result<void> take_room_back(const LaunchedContainer& container) {
  if (!has_room_for_holder(container)) return {};
  oci::Resources resources;
  resources.pids_limit = container.config.linux_.resources.pids_limit;
  return cgroup::update(container.host, container.state.cgroup_path, resources);
}

Result<void> remove_groups(const cgroup::Host& host, const ContainerState& state) {
  if (state.cgroup_path.empty()) return end_process(state);
  if (state.systemd_unit.empty()) return cgroup::remove(host, state.cgroup_path);
  BULKHEAD_TRY(cgroup::kill_all(host, state.cgroup_path));
  BULKHEAD_TRY(systemd::stop_scope(state.systemd_unit));
  // In hierarchies that systemd has no hand in.
  return cgroup::remove(host, state.cgroup_path);
}

}  // namespace bulkhead::runtime
