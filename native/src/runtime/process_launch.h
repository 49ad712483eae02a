// Executes one more process in a running container: what exec and the startContainer hooks share.
#pragma once

#include "core/core.h"
#include "runtime/container_state.h"

namespace bulkhead::runtime {

struct ProcessOptions {
  /** `user[:group]`, looked up in the container; none: of the process. */
  std::optional<std::string> user;
  int console_socket = -1;
  std::vector<int> preserved;
  cgroup::Subgroups subgroups;
};

/** Standard input, output and error are the caller's own, unless the process has a terminal. It becomes the caller's child. */
Result<LaunchOutcome> launch_process(const cgroup::Host& host, const oci::Config& config, oci::Process process,
                                     const ContainerState& state, const ProcessOptions& options);

}  // namespace bulkhead::runtime
