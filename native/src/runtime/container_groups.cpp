#include "runtime/container_groups.h"

#include <cerrno>

namespace bulkhead::runtime {

Result<std::optional<systemd::ScopeName>> scope_of(const Environment& environment, const std::string& id,
                                                   const oci::Config& config) {
  if (!environment.uses_systemd) return std::optional<systemd::ScopeName>();
  for (const auto& [name, value] : config.annotations)
    if (name.starts_with("org.systemd.property."))
      return make_error("config", EINVAL, "annotations." + name + ": annotations set no properties of systemd's units");
  return std::optional(BULKHEAD_TRY(systemd::scope_name(config.linux_.cgroups_path, id)));
}

Result<std::optional<systemd::ScopeHolder>> hold_scope(const LaunchedContainer& container) {
  if (!container.scope) return std::optional<systemd::ScopeHolder>();
  return std::optional(BULKHEAD_TRY(systemd::ScopeHolder::start(container.host, *container.scope, container.state.id,
                                                                container.config.linux_.resources)));
}

Result<void> take_room_back(const LaunchedContainer& container) {
  oci::Resources resources;
  resources.pids_limit = container.config.linux_.resources.pids_limit;
  if (!container.scope || resources.pids_limit.value_or(0) <= 0) return {};
  auto updated = cgroup::update(container.host, container.state.cgroup_path, resources);
  // It may have ended meanwhile, and its group with it.
  const bool is_gone = !updated.ok() && (updated.error().number == ENOENT || updated.error().number == ENODEV);
  return is_gone ? Result<void>() : updated;
}

Result<void> remove_groups(const cgroup::Host& host, const ContainerState& state) {
  if (state.cgroup_path.empty()) return {};
  if (state.systemd_unit.empty()) return cgroup::remove(host, state.cgroup_path);
  BULKHEAD_TRY(cgroup::kill_all(host, state.cgroup_path));
  BULKHEAD_TRY(systemd::stop_scope(state.systemd_unit));
  // In hierarchies that systemd has no hand in.
  return cgroup::remove(host, state.cgroup_path);
}

}  // namespace bulkhead::runtime
