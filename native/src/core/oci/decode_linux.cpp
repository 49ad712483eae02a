// `linux` of config.json, except resources and seccomp.
#include <sched.h>
#include <sys/personality.h>

#include <array>

#include "core/oci/decode_parts.h"
#include "core/oci/sysctl_rules.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace bulkhead::oci {
namespace {

struct NamespaceName {
  std::string_view name;
  std::uint64_t flag;
};
constexpr std::array kNamespaces = {
    NamespaceName{"pid", CLONE_NEWPID},       NamespaceName{"network", CLONE_NEWNET},
    NamespaceName{"mount", CLONE_NEWNS},      NamespaceName{"ipc", CLONE_NEWIPC},
    NamespaceName{"uts", CLONE_NEWUTS},       NamespaceName{"user", CLONE_NEWUSER},
    NamespaceName{"cgroup", CLONE_NEWCGROUP}, NamespaceName{"time", CLONE_NEWTIME},
};

void decode_namespace(const JsonNode& node, Linux& linux_) {
  std::string type;
  if (!node.require("type", type)) return;
  Namespace entry;
  for (const NamespaceName& known : kNamespaces)
    if (known.name == type) entry.flag = known.flag;
  if (!node.expect(entry.flag != 0, "unknown type \"" + type + "\"")) return;
  node.expect(linux_.find_namespace(entry.flag) == nullptr, "\"" + type + "\" given twice");
  if (node.read("path", entry.path) && !entry.path.empty() && !is_absolute_path(entry.path))
    node.fail_field("path", "not an absolute path");
  linux_.namespaces.push_back(std::move(entry));
}

void decode_time_offset(const JsonNode& node, std::optional<TimeOffsets>& target) {
  TimeOffsets offsets;
  node.read("secs", offsets.seconds);
  node.read("nanosecs", offsets.nanoseconds);
  node.expect(offsets.nanoseconds < 1'000'000'000, "nanosecs beyond a second");
  target = offsets;
}

void decode_device(const JsonNode& node, Device& device) {
  read_absolute_path(node, "path", device.path);
  std::string type;
  node.require("type", type);
  if (node.expect(type == "c" || type == "u" || type == "b" || type == "p", "unknown type \"" + type + "\""))
    device.type = type == "u" ? 'c' : type.front();
  if (device.type != 'p') {
    node.require("major", device.major);
    node.require("minor", device.minor);
  }
  if (node.read("fileMode", device.mode)) device.mode &= 07777;
  node.read("uid", device.uid);
  node.read("gid", device.gid);
  // Linux encodes 12 and 20 bits.
  node.expect(device.major < (1u << 12) && device.minor < (1u << 20), "major or minor out of range");
}

void decode_sysctl(const JsonNode& node, Linux& linux_) {
  node.each_field("sysctl", [&](const JsonNode& field, std::string_view key) {
    std::string value;
    if (!field.text(value)) return;
    const auto path = sysctl_path(key);
    if (!field.expect(path.has_value(), "not a sysctl of a container's namespaces")) return;
    const std::uint64_t needed = sysctl_namespace(*path);
    field.expect(linux_.find_namespace(needed) != nullptr, "needs a namespace of the container's own");
    field.expect(value.find('\n') == std::string::npos && value.size() < 4096, "its value is not one line");
    linux_.sysctl.emplace_back(*path, std::move(value));
  });
}

void decode_paths(const JsonNode& node, const char* name, std::vector<std::string>& paths) {
  node.read(name, paths);
  for (const std::string& path : paths)
    if (!is_absolute_path(path)) return node.fail_field(name, "\"" + path + "\" is not an absolute path");
}

void decode_propagation(const JsonNode& node, Linux& linux_) {
  std::string name;
  if (!node.read("rootfsPropagation", name) || name.empty()) return;
  const auto flags = propagation_flags(name);
  if (!flags) return node.fail_field("rootfsPropagation", "unknown propagation \"" + name + "\"");
  linux_.rootfs_propagation = *flags;
}

/**
 * cgroupsPath: absolute, or relative to where the runtime keeps its groups; never upwards, and never a group in which others
 * are by right: the root of all, or the one that holds the containers' groups. What is the container's is killed with it.
 */
void decode_cgroups_path(const JsonNode& node, Linux& linux_) {
  if (!node.read("cgroupsPath", linux_.cgroups_path)) return;
  if (("/" + linux_.cgroups_path + "/").find("/../") != std::string::npos)
    node.fail_field("cgroupsPath", "points upwards");
  const bool names_a_group = linux_.cgroups_path.find_first_not_of("/.") != std::string::npos;
  if (!linux_.cgroups_path.empty() && !names_a_group) node.fail_field("cgroupsPath", "names no group of its own");
  if (linux_.cgroups_path.size() > 2048) node.fail_field("cgroupsPath", "too long");
}

void decode_personality(const JsonNode& node, Linux& linux_) {
  std::string domain;
  if (!node.require("domain", domain)) return;
  if (!node.expect(domain == "LINUX" || domain == "LINUX32", "unknown domain \"" + domain + "\"")) return;
  linux_.personality = domain == "LINUX" ? PER_LINUX : PER_LINUX32;
  std::vector<std::string> flags;
  // The spec reserves them and defines none.
  if (node.read("flags", flags) && !flags.empty()) node.fail_field("flags", "unknown flag \"" + flags.front() + "\"");
}

/** An option of a mount: a comma would begin another one in mount(8)'s words, and a quote ends it in SELinux's. */
void decode_mount_label(const JsonNode& node, Linux& linux_) {
  if (!node.read("mountLabel", linux_.mount_label)) return;
  if (linux_.mount_label.size() > 2048 || linux_.mount_label.find_first_of("\"\n") != std::string::npos)
    node.fail_field("mountLabel", "not a label");
}

/** What the spec knows and this core does not apply. */
void refuse_unsupported(const JsonNode& node) {
  node.with("intelRdt", [](const JsonNode& field) { field.fail("Intel RDT (resctrl) is not supported by bulkhead"); });
}

void check_id_mappings(const JsonNode& node, const Linux& linux_) {
  const Namespace* user = linux_.find_namespace(CLONE_NEWUSER);
  const bool is_new = user != nullptr && user->path.empty();
  node.expect(linux_.uid_mappings.empty() == linux_.gid_mappings.empty(), "uidMappings and gidMappings go together");
  if (is_new) node.expect(!linux_.uid_mappings.empty(), "a new user namespace needs uidMappings and gidMappings");
  if (user == nullptr) node.expect(linux_.uid_mappings.empty(), "uidMappings without a user namespace");
}

void check_time_namespace(const JsonNode& node, const Linux& linux_) {
  if (!linux_.monotonic_offset && !linux_.boottime_offset) return;
  const Namespace* time = linux_.find_namespace(CLONE_NEWTIME);
  node.expect(time != nullptr && time->path.empty(), "timeOffsets without a new time namespace");
}

}  // namespace

void decode_part(const JsonNode& node, Linux& linux_) {
  node.each("namespaces", [&](const JsonNode& element) { decode_namespace(element, linux_); });
  decode_id_mappings(node, "uidMappings", linux_.uid_mappings);
  decode_id_mappings(node, "gidMappings", linux_.gid_mappings);
  node.object("timeOffsets", [&](const JsonNode& offsets) {
    offsets.object("monotonic", [&](const JsonNode& clock) { decode_time_offset(clock, linux_.monotonic_offset); });
    offsets.object("boottime", [&](const JsonNode& clock) { decode_time_offset(clock, linux_.boottime_offset); });
  });
  node.each("devices", [&](const JsonNode& element) { decode_device(element, linux_.devices.emplace_back()); });
  decode_cgroups_path(node, linux_);
  node.object("resources", [&](const JsonNode& resources) { decode_part(resources, linux_.resources); });
  decode_sysctl(node, linux_);
  node.object("seccomp", [&](const JsonNode& seccomp) { decode_part(seccomp, linux_.seccomp.emplace()); });
  decode_paths(node, "maskedPaths", linux_.masked_paths);
  decode_paths(node, "readonlyPaths", linux_.readonly_paths);
  decode_propagation(node, linux_);
  decode_mount_label(node, linux_);
  node.object("personality", [&](const JsonNode& personality) { decode_personality(personality, linux_); });
  refuse_unsupported(node);
  check_id_mappings(node, linux_);
  check_time_namespace(node, linux_);
}

}  // namespace bulkhead::oci
