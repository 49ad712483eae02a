// Starts a container, or a process in a running one, under a monitor: from the text of its config to the running process.
// The way of the helper; the runtime's command line goes its own (a bundle, no monitor) over the same builder.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/builder/plan_builder.h"
#include "core/cgroup/host.h"
#include "core/descriptor/process.h"
#include "core/plan/launch.h"
#include "core/plan/parked_launch.h"
#include "core/result.h"
#include "core/seccomp/cache.h"

namespace bulkhead {

/** What both kinds of start need. */
struct StartContext {
  const cgroup::Host& host;
  seccomp::MemoryCache& seccomp;
  /** Gets the ledger, also of a failure. */
  std::vector<StepRecord>& steps;
};

/** Index, owner and, instead of a descriptor of somebody else's, one of its own. */
struct OwnedMountSource {
  MountSource source;
  UniqueFd fd;
};

struct ContainerStart {
  std::string id;
  /** config.json; its paths are absolute. */
  std::string config;
  std::optional<OverlayRoot> overlay;
  std::vector<OwnedMountSource> mount_sources;
  /** `user[:group]` for the container's own passwd and group files. */
  std::optional<std::string> user;
  /** RLIMIT_… that were asked for; what the config has beyond is optional. */
  std::vector<std::string> required_rlimits;
  /** 0700, root's. */
  std::string run_directory;
  /** Created 0600 and appended to. */
  std::optional<std::string> log_path;
  bool open_stdin = false;
  /** Become 3, 4, … of the process. */
  std::vector<UniqueFd> descriptors;
};

struct ExecStart {
  /** PID 1 of the container. */
  ProcessName target;
  std::string config;
  std::optional<std::string> user;
  std::vector<std::string> required_rlimits;
  std::string run_directory;
  /** One component: `<name>.sock`, `<name>.exit`. */
  std::string name;
  bool open_stdin = false;
  bool wait_for_attach = false;
};

/** Blocks until execve has succeeded. On failure nothing is left. */
Result<LaunchOutcome> start_container(StartContext context, const ContainerStart& start);
/** The same, but for execve: blocks until that is all that is left to do. */
Result<ParkedLaunch> park_container(StartContext context, const ContainerStart& start);
/** ESRCH when the container's process is gone. */
Result<LaunchOutcome> start_exec(StartContext context, const ExecStart& start);

}  // namespace bulkhead
