// Lets the waiting process of a created container go.
#pragma once

#include "runtime/container_state.h"

namespace bulkhead::runtime {

/** Runs the startContainer hooks in the container, starts its process, runs the poststart hooks. */
Result<void> start_container(const StateDirectory& directory, const ContainerState& state);

}  // namespace bulkhead::runtime
