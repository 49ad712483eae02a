// Lets the waiting process of a created container go.
#pragma once

#include "runtime/container_state.h"

namespace bulkhead::runtime {

/** Runs the startContainer hooks in the container, starts its process, runs the poststart hooks; when one fails, the container is destroyed. */
Result<void> start_container(const Environment& environment, const StateDirectory& directory,
                             const ContainerState& state);

}  // namespace bulkhead::runtime
