// Device rules as DeviceAllow= has them: a list of what is allowed, without order and without exceptions.
#include <algorithm>
#include <cerrno>
#include <optional>

#include "core/cgroup/devices.h"
#include "core/systemd/scope.h"

namespace bulkhead::systemd {
namespace {

using AllowList = std::vector<std::pair<std::string, std::string>>;

/** The name of a driver's major number, from /proc/devices: "Character devices:\n  1 mem\n…\n\nBlock devices:\n…". */
std::optional<std::string> driver_name(const std::string& devices, char type, std::uint32_t major) {
  const auto blocks = devices.find("Block devices:");
  const std::string section = type == 'c'                   ? devices.substr(0, blocks)
                              : blocks == std::string::npos ? ""
                                                            : devices.substr(blocks);
  const std::string wanted = std::to_string(major) + " ";
  for (std::size_t at = 0; at < section.size();) {
    const std::size_t end = std::min(section.find('\n', at), section.size());
    const std::size_t first = section.find_first_not_of(' ', at);
    if (first < end && section.compare(first, wanted.size(), wanted) == 0)
      return section.substr(first + wanted.size(), end - first - wanted.size());
    at = end + 1;
  }
  return std::nullopt;
}

std::optional<std::string> name_of(const cgroup::Host& host, const oci::DeviceRule& rule) {
  const std::string kind = rule.type == 'c' ? "char" : "block";
  if (!rule.major) return rule.minor ? std::nullopt : std::optional(kind + "-*");
  if (rule.minor) return "/dev/" + kind + "/" + std::to_string(*rule.major) + ":" + std::to_string(*rule.minor);
  const auto driver = driver_name(host.read("/proc/devices"), rule.type, *rule.major);
  return driver ? std::optional(kind + "-" + *driver) : std::nullopt;
}

std::string access_of(const oci::DeviceRule& rule) {
  return std::string(rule.read ? "r" : "") + (rule.write ? "w" : "") + (rule.mknod ? "m" : "");
}

/** None: can't be told so. */
std::optional<AllowList> allow_list(const cgroup::Host& host, const std::vector<oci::DeviceRule>& rules) {
  AllowList list;
  for (const oci::DeviceRule& rule : rules) {
    if (rule.type == 'a' && !rule.allow) {
      list.clear();
      continue;
    }
    // An exception to what was allowed before.
    if (!rule.allow || rule.type == 'a') return std::nullopt;
    auto name = name_of(host, rule);
    if (!name) return std::nullopt;
    list.emplace_back(std::move(*name), access_of(rule));
  }
  return list;
}

/** An empty list empties the unit's; one that is not is added to it. */
std::vector<Property> properties_of(const char* policy, AllowList list) {
  std::vector<Property> properties = {{"DevicePolicy", std::string(policy)}, {"DeviceAllow", AllowList()}};
  if (!list.empty()) properties.push_back({"DeviceAllow", std::move(list)});
  return properties;
}

}  // namespace

Result<std::vector<Property>> device_properties(const cgroup::Host& host, const std::vector<oci::DeviceRule>& rules) {
  const std::vector<oci::DeviceRule> effective = cgroup::effective_device_rules(rules);
  if (!effective.empty() && effective.back().allow && effective.back().type == 'a') return properties_of("auto", {});
  if (auto list = allow_list(host, effective)) return properties_of("strict", std::move(*list));
  // v2: the container's own program decides, and systemd's would only have been a second one with the same say.
  if (host.mode() == cgroup::Mode::kV2) return properties_of("auto", {});
  // v1: systemd writes the list anew whenever it looks at the unit, and would then allow everything.
  return make_error("config", EINVAL, "linux.resources.devices: these rules can't be told to systemd on cgroup v1");
}

}  // namespace bulkhead::systemd
