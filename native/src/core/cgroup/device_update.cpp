#include "core/cgroup/device_update.h"

#include <cerrno>

#include "core/cgroup/device_attach.h"
#include "core/cgroup/device_list.h"
#include "core/cgroup/devices.h"
#include "core/linux/files.h"

namespace bulkhead::cgroup {
namespace {

Result<void> write_rules(const Host& host, const std::string& directory, const std::vector<oci::DeviceRule>& rules) {
  for (const DeviceWrite& write : device_changes(host.read(directory + "/devices.list"), rules))
    BULKHEAD_TRY(
        write_file(directory + (write.allow ? "/devices.allow" : "/devices.deny"), write.line, "cgroup-limit"));
  return {};
}

Result<void> update_v1(const Host& host, const std::string& directory, const std::vector<oci::DeviceRule>& rules) {
  const auto before = listed_device_rules(host.read(directory + "/devices.list"));
  auto written = write_rules(host, directory, rules);
  if (!written.ok()) static_cast<void>(write_rules(host, directory, before));
  return written;
}

}  // namespace

Result<void> update_devices(const Host& host, const std::string& path, const std::vector<oci::DeviceRule>& rules) {
  const std::vector<oci::DeviceRule> effective = effective_device_rules(rules);
  if (const Hierarchy* v1 = host.find("devices")) return update_v1(host, v1->mount_point + path, effective);
  if (const Hierarchy* v2 = host.unified())
    return replace_device_program(v2->mount_point + path, device_program(effective));
  return make_error("cgroup-limit", ENOTSUP, "linux.resources.devices");
}

}  // namespace bulkhead::cgroup
