// What v1's devices controller holds, and how it gets from there to other rules without refusing meanwhile what both allow. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/oci/config.h"

namespace bulkhead::cgroup {

/** A line for `devices.allow` or `devices.deny`. */
struct DeviceWrite {
  bool allow = false;
  std::string line;
};

/** The rules that `devices.list` tells. (Exceptions from "all are allowed" it does not tell.) */
std::vector<oci::DeviceRule> listed_device_rules(std::string_view list);

/** From what `devices.list` tells to `rules`, which say of every device whether it is allowed. */
std::vector<DeviceWrite> device_changes(std::string_view list, const std::vector<oci::DeviceRule>& rules);

}  // namespace bulkhead::cgroup
