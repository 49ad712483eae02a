#include "core/cgroup/device_list.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "core/cgroup/devices.h"

namespace bulkhead::cgroup {
namespace {

using Number = std::optional<std::uint32_t>;
/** Type, major, minor: the kernel takes two entries for the same only if all three are (security/device_cgroup.c). */
using Device = std::tuple<char, Number, Number>;
struct Access {
  bool read = false;
  bool write = false;
  bool mknod = false;
  bool any() const { return read || write || mknod; }
};
using Exceptions = std::map<Device, Access>;

Device device_of(const oci::DeviceRule& rule) { return {rule.type, rule.major, rule.minor}; }
oci::DeviceRule rule_of(bool allow, const Device& device, const Access& access) {
  const auto& [type, major, minor] = device;
  return {allow, type, major, minor, access.read, access.write, access.mknod};
}
Access without(const Access& access, const Access& other) {
  return {access.read && !other.read, access.write && !other.write, access.mknod && !other.mknod};
}

/** The state of a group as the kernel keeps it: a default, and the devices for which the contrary holds. */
struct Held {
  bool allows_by_default = false;
  Exceptions exceptions;

  void apply(const oci::DeviceRule& rule) {
    if (rule.type == 'a') {
      allows_by_default = rule.allow;
      exceptions.clear();
      return;
    }
    Access& access = exceptions[device_of(rule)];
    const Access named{rule.read, rule.write, rule.mknod};
    if (rule.allow != allows_by_default)
      access = {access.read || named.read, access.write || named.write, access.mknod || named.mknod};
    else
      access = without(access, named);
  }
};

Held held_by(const std::vector<oci::DeviceRule>& rules) {
  Held held;
  for (const oci::DeviceRule& rule : rules) held.apply(rule);
  return held;
}

/** What `from` has and `to` has not. */
void append_missing(std::vector<DeviceWrite>& writes, bool allow, const Exceptions& from, const Exceptions& to) {
  for (const auto& [device, access] : from) {
    const auto found = to.find(device);
    const Access missing = found == to.end() ? access : without(access, found->second);
    if (missing.any()) writes.push_back({allow, device_rule_line(rule_of(allow, device, missing))});
  }
}

/** "12" or "*". */
Number number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() ? Number(value) : std::nullopt;
}

/** "c 1:3 rwm" */
std::optional<oci::DeviceRule> listed_rule(std::string_view line) {
  const auto colon = line.find(':');
  const auto space = line.find(' ', colon == std::string_view::npos ? colon : colon + 1);
  if (line.size() < 2 || colon == std::string_view::npos || space == std::string_view::npos) return std::nullopt;
  const std::string_view access = line.substr(space);
  const auto has = [&](char letter) { return access.find(letter) != std::string_view::npos; };
  return oci::DeviceRule{true,     line.front(), number(line.substr(2)), number(line.substr(colon + 1)), has('r'),
                         has('w'), has('m')};
}

}  // namespace

std::vector<oci::DeviceRule> listed_device_rules(std::string_view list) {
  std::vector<oci::DeviceRule> rules = {{.allow = false, .type = 'a', .major = {}, .minor = {}}};
  while (!list.empty()) {
    const std::string_view line = list.substr(0, list.find('\n'));
    if (const auto rule = listed_rule(line)) rules.push_back(*rule);
    list.remove_prefix(std::min(line.size() + 1, list.size()));
  }
  return rules;
}

std::vector<DeviceWrite> device_changes(std::string_view list, const std::vector<oci::DeviceRule>& rules) {
  Held now = held_by(listed_device_rules(list));
  const Held wanted = held_by(rules);
  std::vector<DeviceWrite> writes;
  // Another default clears everything. (A group that has others below it can't get one: EINVAL.)
  if (now.allows_by_default != wanted.allows_by_default) {
    const oci::DeviceRule all{.allow = wanted.allows_by_default, .type = 'a', .major = {}, .minor = {}};
    writes.push_back({all.allow, device_rule_line(all)});
    now.apply(all);
  }
  append_missing(writes, !wanted.allows_by_default, wanted.exceptions, now.exceptions);
  append_missing(writes, wanted.allows_by_default, now.exceptions, wanted.exceptions);
  return writes;
}

}  // namespace bulkhead::cgroup
