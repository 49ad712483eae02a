// linux.resources.devices → what the kernel takes: lines for v1's devices controller, a program for v2. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/oci/config.h"

namespace bulkhead::cgroup {

/** The rules as they are applied: deny all, then the config's own, then the devices that every container has. The last match wins. */
std::vector<oci::DeviceRule> effective_device_rules(const std::vector<oci::DeviceRule>& rules);

/** A rule as v1's devices.allow and devices.deny take it: "c 1:3 rwm", "a *:* rwm". */
std::string device_rule_line(const oci::DeviceRule& rule);

/**
 * The instructions of a BPF_PROG_TYPE_CGROUP_DEVICE program (eBPF, 8 bytes each) that allows what the last matching rule of
 * `rules` allows, for each of the accesses asked for, and denies the rest.
 */
std::vector<std::uint64_t> device_program(const std::vector<oci::DeviceRule>& rules);

}  // namespace bulkhead::cgroup
