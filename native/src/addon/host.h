// The cgroup hierarchies of this machine, probed once, as every function on cgroups needs them.
#pragma once

#include "core/cgroup/host.h"

namespace bulkhead::addon {

/** The same each time. Error: no cgroup file system is mounted. */
const Result<cgroup::Host>& cgroup_host();

}  // namespace bulkhead::addon
