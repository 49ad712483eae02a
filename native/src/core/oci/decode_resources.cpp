// `linux.resources` of config.json.
#include <algorithm>

#include "core/oci/decode_parts.h"

namespace bulkhead::oci {
namespace {

/** A limit in bytes: -1 is "none"; below that a mistake. */
void read_limit(const JsonNode& node, const char* name, std::optional<std::int64_t>& target) {
  if (node.read(name, target) && *target < -1) node.fail_field(name, "negative");
}

void decode_memory(const JsonNode& node, MemoryResources& memory) {
  read_limit(node, "limit", memory.limit);
  read_limit(node, "reservation", memory.reservation);
  read_limit(node, "swap", memory.swap);
  if (node.read("swappiness", memory.swappiness) && *memory.swappiness > 100)
    node.fail_field("swappiness", "beyond 100");
  node.read("disableOOMKiller", memory.disable_oom_killer);
  node.read("checkBeforeUpdate", memory.check_before_update);
  // kernel and kernelTCP: no kernel since 5.16 has them, the spec calls them obsolete, and engines write them still.
  const bool below = memory.swap.value_or(-1) > 0 && memory.limit.value_or(-1) > 0 && *memory.swap < *memory.limit;
  node.expect(!below, "swap (which counts memory and swap) below limit");
}

void check_cpu_list(const JsonNode& node, const char* name, const std::string& list) {
  const bool good =
      std::all_of(list.begin(), list.end(), [](char c) { return (c >= '0' && c <= '9') || c == ',' || c == '-'; });
  if (!good || list.size() > 1024) node.fail_field(name, "not a list such as \"0-3,8\"");
}

void decode_cpu(const JsonNode& node, CpuResources& cpu) {
  node.read("shares", cpu.shares);
  node.read("quota", cpu.quota);
  node.read("burst", cpu.burst);
  node.read("period", cpu.period);
  node.read("realtimeRuntime", cpu.realtime_runtime);
  node.read("realtimePeriod", cpu.realtime_period);
  if (node.read("idle", cpu.idle) && *cpu.idle != 0 && *cpu.idle != 1) node.fail_field("idle", "neither 0 nor 1");
  node.read("cpus", cpu.cpus);
  node.read("mems", cpu.mems);
  check_cpu_list(node, "cpus", cpu.cpus.value_or(""));
  check_cpu_list(node, "mems", cpu.mems.value_or(""));
}

void decode_weight(const JsonNode& node, const char* name, std::optional<std::uint16_t>& weight) {
  if (!node.read(name, weight)) return;
  if (*weight == 0) weight.reset();  // as engines mean it: not given
  if (weight && (*weight < 10 || *weight > 1000)) node.fail_field(name, "not within 10 and 1000");
}

void decode_rates(const JsonNode& node, const char* name, std::vector<DeviceRate>& rates) {
  node.each(name, [&](const JsonNode& element) {
    DeviceRate& rate = rates.emplace_back();
    element.require("major", rate.major);
    element.require("minor", rate.minor);
    element.require("rate", rate.rate);
  });
}

void decode_block_io(const JsonNode& node, BlockIoResources& block_io) {
  decode_weight(node, "weight", block_io.weight);
  decode_weight(node, "leafWeight", block_io.leaf_weight);
  node.each("weightDevice", [&](const JsonNode& element) {
    DeviceWeight& device = block_io.weight_devices.emplace_back();
    element.require("major", device.major);
    element.require("minor", device.minor);
    decode_weight(element, "weight", device.weight);
    decode_weight(element, "leafWeight", device.leaf_weight);
  });
  decode_rates(node, "throttleReadBpsDevice", block_io.read_bps);
  decode_rates(node, "throttleWriteBpsDevice", block_io.write_bps);
  decode_rates(node, "throttleReadIOPSDevice", block_io.read_iops);
  decode_rates(node, "throttleWriteIOPSDevice", block_io.write_iops);
}

/** "64KB", "2MB", "1GB": it becomes part of a file's name. */
bool is_page_size(const std::string& text) {
  const auto digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string::npos || digits > 6) return false;
  const std::string unit = text.substr(digits);
  return unit == "KB" || unit == "MB" || unit == "GB";
}

void decode_hugepage_limit(const JsonNode& node, HugepageLimit& limit) {
  node.require("pageSize", limit.page_size);
  node.require("limit", limit.limit);
  node.expect(is_page_size(limit.page_size), "pageSize is not such as \"2MB\"");
}

/** An absent or negative number means all. */
void decode_device_number(const JsonNode& node, const char* name, std::optional<std::uint32_t>& number) {
  std::int64_t value = -1;
  if (!node.read(name, value) || value < 0) return;
  if (value > 0xffffffff) return node.fail_field(name, "out of range");
  number = static_cast<std::uint32_t>(value);
}

void decode_device_rule(const JsonNode& node, DeviceRule& rule) {
  node.require("allow", rule.allow);
  std::string type = "a";
  node.read("type", type);
  if (type.empty()) type = "a";
  if (node.expect(type == "a" || type == "b" || type == "c", "unknown type \"" + type + "\"")) rule.type = type.front();
  decode_device_number(node, "major", rule.major);
  decode_device_number(node, "minor", rule.minor);
  std::string access = "rwm";
  node.read("access", access);
  if (access.empty()) access = "rwm";
  node.expect(access.find_first_not_of("rwm") == std::string::npos, "access is not of r, w and m");
  rule.read = access.find('r') != std::string::npos;
  rule.write = access.find('w') != std::string::npos;
  rule.mknod = access.find('m') != std::string::npos;
  // As the kernel's v1 controller has it: "a" is every device and every access.
  const bool is_whole = !rule.major && !rule.minor && rule.read && rule.write && rule.mknod;
  node.expect(rule.type != 'a' || is_whole, "type \"a\" is all devices with all accesses: it takes no numbers");
}

void decode_network(const JsonNode& node, NetworkResources& network) {
  node.read("classID", network.class_id);
  node.each("priorities", [&](const JsonNode& element) {
    InterfacePriority& priority = network.priorities.emplace_back();
    element.require("name", priority.name);
    element.require("priority", priority.priority);
    element.expect(priority.name.size() < 16 && priority.name.find_first_of(" /\n") == std::string::npos,
                   "not an interface's name");
  });
}

void decode_rdma(const JsonNode& node, Resources& resources) {
  node.each_field("rdma", [&](const JsonNode& field, std::string_view device) {
    RdmaLimit& limit = resources.rdma.emplace_back();
    limit.device = device;
    field.read("hcaHandles", limit.hca_handles);
    field.read("hcaObjects", limit.hca_objects);
    field.expect(limit.device.find_first_of(" /\n") == std::string::npos, "not a device's name");
  });
}

/** Names of files in the container's own group: "memory.high". cgroup.* would move or kill things. */
void decode_unified(const JsonNode& node, Resources& resources) {
  node.each_field("unified", [&](const JsonNode& field, std::string_view name) {
    const bool plain =
        name.find('/') == std::string_view::npos && name.find('.') != std::string_view::npos && !name.starts_with('.');
    field.expect(plain && !name.starts_with("cgroup."), "not a file of a controller");
    std::string value;
    if (field.text(value)) resources.unified.emplace_back(name, std::move(value));
  });
}

}  // namespace

void decode_part(const JsonNode& node, Resources& resources) {
  node.object("memory", [&](const JsonNode& part) { decode_memory(part, resources.memory); });
  node.object("cpu", [&](const JsonNode& part) { decode_cpu(part, resources.cpu); });
  node.object("blockIO", [&](const JsonNode& part) { decode_block_io(part, resources.block_io); });
  node.object("network", [&](const JsonNode& part) { decode_network(part, resources.network); });
  node.object("pids", [&](const JsonNode& part) { part.read("limit", resources.pids_limit); });
  node.each("hugepageLimits",
            [&](const JsonNode& part) { decode_hugepage_limit(part, resources.hugepage_limits.emplace_back()); });
  node.each("devices", [&](const JsonNode& part) { decode_device_rule(part, resources.devices.emplace_back()); });
  decode_rdma(node, resources);
  decode_unified(node, resources);
}

}  // namespace bulkhead::oci
