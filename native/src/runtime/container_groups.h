// The groups of a container: made directly, or those of a scope that systemd is asked for.
#pragma once

#include <optional>

#include "runtime/container_launch.h"

namespace bulkhead::runtime {

/**
 * With systemd: where it will put the group. Annotations of a container never become properties of its unit, as they do with
 * other runtimes.
 */
Result<std::optional<systemd::ScopeName>> scope_of(const Environment& environment, const std::string& id,
                                                   const oci::Config& config);

/** The hierarchies in which a container with the group `path` gets one: none with `--cgroup-manager disabled`. */
Result<cgroup::Host> host_for_launch(const Environment& environment);
/** With --rootless: leaves out those in which the group can't be made. */
void leave_out_unwritable(const Environment& environment, const std::string& path, cgroup::Host& host);
/** Those of a container that there is. */
Result<cgroup::Host> host_of(const ContainerState& state);
/** Error: the container has no group, so that what the command does can't be done. */
Result<void> require_groups(const ContainerState& state);

/** With systemd: starts the scope, which stays until the result ends, and as long as there is a process in it. */
Result<std::optional<systemd::ScopeHolder>> hold_scope(const LaunchedContainer& container);

/** While its scope has a holder, the limit of processes is one larger than the container's. */
bool has_room_for_holder(const LaunchedContainer& container);
/** After the holder has left, and before the container executes anything: with that room it could have a process too many. */
Result<void> take_room_back(const LaunchedContainer& container);

/** Kills what runs in them. */
Result<void> remove_groups(const cgroup::Host& host, const ContainerState& state);

}  // namespace bulkhead::runtime
