// What a container is to systemd: the name of its scope, the place of its group, the limits as properties of a unit. Pure.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/cgroup/host.h"
#include "core/oci/config.h"
#include "core/result.h"

namespace bulkhead::systemd {

struct ScopeName {
  /** "machine.slice" */
  std::string slice;
  /** "libpod-1234.scope" */
  std::string unit;
  /** Where systemd puts its group: absolute below each hierarchy's mount. */
  std::string cgroup_path;
};

/** `cgroups_path`: "slice:prefix:name", or empty for one of our own in system.slice. Error: step "config". */
Result<ScopeName> scope_name(std::string_view cgroups_path, std::string_view id);

/** A value by its D-Bus type: b, t, s, au, ay, a(ss). */
using PropertyValue = std::variant<bool, std::uint64_t, std::string, std::vector<std::uint32_t>,
                                   std::vector<std::uint8_t>, std::vector<std::pair<std::string, std::string>>>;
struct Property {
  std::string name;
  PropertyValue value;
};

/** A new scope around the process `pid`, handed over wholly (Delegate=), with everything accounted. */
std::vector<Property> scope_properties(const ScopeName& scope, std::string_view id, pid_t pid);

/**
 * The limits that systemd knows by a name of its own; it would write its defaults over them whenever it looks at the unit anew.
 * All limits are written to the group as well. Error: step "config", for device rules that can't be told to it where it is in charge (v1).
 */
Result<std::vector<Property>> limit_properties(const cgroup::Host& host, const oci::Resources& resources);
/**
 * Which devices are allowed (DevicePolicy=, DeviceAllow=), in the place of what the unit had. Of a v2 host, where the container's own
 * program decides, all of them if these can't be told.
 */
Result<std::vector<Property>> device_properties(const cgroup::Host& host, const std::vector<oci::DeviceRule>& rules);

}  // namespace bulkhead::systemd
