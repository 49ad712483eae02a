// From a bundle to a container whose process runs, or waits for its start: what create and run share.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/core.h"
#include "runtime/arguments.h"
#include "runtime/container_state.h"
#include "runtime/environment.h"

namespace bulkhead::runtime {

struct LaunchOptions {
  std::string id;
  /** Absolute. */
  std::string bundle;
  std::string config_path;
  std::string pid_file;
  std::string console_socket;
  /** Where a pidfd of the process is sent; empty: nowhere. */
  std::string pidfd_socket;
  int preserved_fds = 0;
  bool no_pivot = false;
  bool new_keyring = true;
};

/** Options of both commands, for Arguments::parse. */
inline constexpr Option kLaunchOptions[] = {
    {"bundle", 'b', true},     {"config", 'f', true},      {"pid-file", 0, true},        {"console-socket", 0, true},
    {"preserve-fds", 0, true}, {"no-pivot", 0, false},     {"no-new-keyring", 0, false}, {"detach", 'd', false},
    {"keep", 0, false},        {"no-subreaper", 0, false}, {"pidfd-socket", 0, true},
};
Result<LaunchOptions> launch_options(const Arguments& arguments);

struct LaunchedContainer {
  StateDirectory directory;
  ContainerState state;
  oci::Config config;
  cgroup::Host host;
  /** Of systemd; none: the group is made directly. */
  std::optional<systemd::ScopeName> scope;
  /** It has been made for this container: until then one of that name would be another's. */
  bool has_scope = false;
};

enum class Begin {
  kWhenStarted,
  /** But with startContainer hooks, which run in the container before its process, that process waits all the same. */
  kAtOnce,
};
bool waits_for_start(const LaunchedContainer& container, Begin begin);

/**
 * Makes the container; nothing is left of it when that fails. `console`: a connected socket that gets the terminal's master,
 * or -1: that of --console-socket.
 */
Result<LaunchedContainer> launch_container(const Environment& environment, const LaunchOptions& options, Begin begin,
                                           int console);

/** Removes cgroups and state, killing what still runs, then runs the poststop hooks. */
Result<void> destroy_container(const Environment& environment, const cgroup::Host& host, const oci::Hooks& hooks,
                               const StateDirectory& directory, const ContainerState& state);

/**
 * What the caller itself has; but where no group of devices keeps a container from those that it makes nodes of, it can't make
 * any (in a user namespace the kernel sees to that).
 */
std::uint64_t capabilities_to_give(const ContainerState& state);

/** connect(2) to the unix socket at `path`. */
Result<UniqueFd> connect_socket(const std::string& path);

/** Writes `pid` to `path`, whole or not at all. Empty path: nothing. */
Result<void> write_pid_file(const std::string& path, pid_t pid);

/** The configuration as it was when the container was made. */
Result<oci::Config> load_config(const StateDirectory& directory);

/** The compiled filter, from the cache; empty: the config has none. */
Result<std::string> seccomp_program(const oci::Config& config);

/** The connection to linux.seccomp.listenerPath, if the filter notifies; empty otherwise. */
Result<UniqueFd> connect_listener(const oci::Config& config);
/** What is sent there: the spec's "container process state". `state`: of the container; its pid 0: that of the process itself. */
std::string listener_message(const oci::Config& config, const ContainerState& state, Status status);

/** Error: the config has a label, and this kernel has not the security module that it is for. */
Result<void> check_labels(const oci::Config& config);

}  // namespace bulkhead::runtime
