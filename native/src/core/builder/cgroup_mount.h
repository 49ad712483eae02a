// The mount of type "cgroup": what a container sees of its own groups, in the shape that this host's hierarchies have.
#pragma once

#include <string>
#include <vector>

#include "core/builder/build_context.h"

namespace bulkhead::builder {

/** `directories`: the container's own groups. Never more than these are seen, with a cgroup namespace or without. */
std::vector<plan::Mount> cgroup_mounts(BuildContext& context, const oci::Mount& wanted, const std::string& destination,
                                       const std::vector<std::string>& directories);

}  // namespace bulkhead::builder
