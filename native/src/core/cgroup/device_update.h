// The devices of a running container: other rules in the place of those that it has.
#pragma once

#include <string>
#include <vector>

#include "core/cgroup/host.h"
#include "core/oci/config.h"
#include "core/result.h"

namespace bulkhead::cgroup {

/**
 * `rules` as in linux.resources.devices, as if the container had been made with them. What both allow is allowed throughout.
 * Error: step "cgroup-limit"; the rules are what they were.
 */
Result<void> update_devices(const Host& host, const std::string& path, const std::vector<oci::DeviceRule>& rules);

}  // namespace bulkhead::cgroup
