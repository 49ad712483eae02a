// Makes the scope of a container that is about to be launched, and keeps it until the container's process is in it.
//
//   launcher                         systemd                       holder (a fork that only waits)
//     fork ──────────────────────────────────────────────────────▶ …
//     StartTransientUnit(PIDs=holder) ─▶ makes the group, moves it ▶ in the group
//     ◀──────────────── JobRemoved "done"
//     launch: the plan's steps limit the group; PID 1 is cloned into it, and waits before it executes anything
//     kill(holder) ────────────────────────────────────────────────▶ ends; the scope lives on by the container
//     (the limit of processes, one larger until then, is lowered; PID 1 goes on)
//
// A scope ends with its last process, so it can't be made before there is one; and were it the container's own, that would have to
// be moved, which waits for an RCU grace period, and wait for it. If the launcher dies, the holder dies (PDEATHSIG), and with it the scope.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/cgroup/host.h"
#include "core/oci/config.h"
#include "core/result.h"
#include "core/systemd/scope.h"

namespace bulkhead::systemd {

class ScopeHolder {
 public:
  /** Starts the scope with its limits. Error: nothing is left of it. */
  static Result<ScopeHolder> start(const cgroup::Host& host, const ScopeName& scope, std::string_view id,
                                   const oci::Resources& resources);
  ScopeHolder(ScopeHolder&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  ScopeHolder& operator=(ScopeHolder&&) = delete;
  /** Ends the holder: a scope without a container goes with it. */
  ~ScopeHolder();

 private:
  explicit ScopeHolder(pid_t pid) : pid_(pid) {}
  pid_t pid_;
};

/** The limits of a container that runs, as systemd is to know them; the group's files are written besides. */
Result<void> update_scope(const cgroup::Host& host, const std::string& unit, const oci::Resources& resources);

/** Ends the unit, whose processes have ended. No such unit: success. */
Result<void> stop_scope(const std::string& unit);

}  // namespace bulkhead::systemd
