#include "core/systemd/scope.h"

#include <algorithm>
#include <cerrno>

#include "core/cgroup/limits.h"
#include "core/systemd/cpu_mask.h"

namespace bulkhead::systemd {
namespace {

constexpr std::string_view kSliceSuffix = ".slice";
constexpr std::uint64_t kInfinity = UINT64_MAX;
constexpr std::size_t kMaxUnitName = 255;

Error config_error(std::string object) { return make_error("config", EINVAL, object); }

/** systemd.unit(5): letters, digits and ":-_.\"; "@" would make it an instance. */
bool is_unit_name(std::string_view name) {
  constexpr std::string_view kPunctuation = ":-_.\\";
  return !name.empty() && name.size() <= kMaxUnitName && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  kPunctuation.find(c) != std::string_view::npos;
         });
}

/** systemd.slice(5): "a-b.slice" is in "a.slice": /a.slice/a-b.slice. "-.slice" is the root. */
Result<std::string> slice_path(std::string_view slice) {
  const Error malformed = config_error("linux.cgroupsPath: invalid slice name: " + std::string(slice));
  if (!slice.ends_with(kSliceSuffix) || !is_unit_name(slice)) return malformed;
  const std::string_view name = slice.substr(0, slice.size() - kSliceSuffix.size());
  if (name == "-") return std::string();
  if (name.empty() || name.front() == '-' || name.back() == '-' || name.find("--") != std::string_view::npos)
    return malformed;
  std::string path;
  for (std::size_t dash = name.find('-');; dash = name.find('-', dash + 1)) {
    path += '/' + std::string(name.substr(0, dash)) + std::string(kSliceSuffix);
    if (dash == std::string_view::npos) return path;
  }
}

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    const auto colon = text.find(':');
    parts.emplace_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

class Properties {
 public:
  void add(const char* name, PropertyValue value) { list_.push_back({name, std::move(value)}); }
  std::vector<Property> take() { return std::move(list_); }

 private:
  std::vector<Property> list_;
};

/** 0 and absent: nothing is said. Below: no limit. */
void add_bytes(Properties& properties, const char* name, const std::optional<std::int64_t>& value) {
  if (!value || *value == 0) return;
  properties.add(name, *value < 0 ? kInfinity : static_cast<std::uint64_t>(*value));
}

void add_memory(Properties& properties, const oci::MemoryResources& memory, bool is_v2) {
  add_bytes(properties, is_v2 ? "MemoryMax" : "MemoryLimit", memory.limit);
  if (!is_v2) return;
  if (memory.reservation.value_or(0) > 0) add_bytes(properties, "MemoryLow", memory.reservation);
  if (memory.swap.value_or(0) < 0) add_bytes(properties, "MemorySwapMax", memory.swap);
  if (memory.swap.value_or(0) > 0 && memory.limit.value_or(0) > 0)
    properties.add("MemorySwapMax",
                   static_cast<std::uint64_t>(std::max<std::int64_t>(*memory.swap - *memory.limit, 0)));
}

/** Microseconds a second, in whole percents as systemd keeps it: rounded up, so that nobody gets less than was asked for. */
std::uint64_t quota_per_second(std::int64_t quota, std::uint64_t period) {
  constexpr std::uint64_t kPercent = 10'000;
  const auto each = static_cast<unsigned __int128>(quota) * 1'000'000 / period;
  if (each > kInfinity / 2) return kInfinity;
  return (static_cast<std::uint64_t>(each) + kPercent - 1) / kPercent * kPercent;
}

Result<void> add_cpu(Properties& properties, const oci::CpuResources& cpu, bool is_v2) {
  constexpr std::uint64_t kDefaultPeriod = 100'000;
  if (cpu.shares.value_or(0) != 0)
    properties.add(is_v2 ? "CPUWeight" : "CPUShares", is_v2 ? cgroup::weight_of_shares(*cpu.shares) : *cpu.shares);
  const std::uint64_t period = cpu.period.value_or(0) == 0 ? kDefaultPeriod : *cpu.period;
  if (cpu.quota.value_or(0) != 0)
    properties.add("CPUQuotaPerSecUSec", *cpu.quota > 0 ? quota_per_second(*cpu.quota, period) : kInfinity);
  // systemd 242; the default needs no word.
  if (period != kDefaultPeriod) properties.add("CPUQuotaPeriodUSec", period);
  // On v1 systemd has no hand in cpusets.
  if (!is_v2) return {};
  if (!cpu.cpus.value_or("").empty()) properties.add("AllowedCPUs", BULKHEAD_TRY(cpu_mask(*cpu.cpus)));
  if (!cpu.mems.value_or("").empty()) properties.add("AllowedMemoryNodes", BULKHEAD_TRY(cpu_mask(*cpu.mems)));
  return {};
}

}  // namespace

Result<ScopeName> scope_name(std::string_view cgroups_path, std::string_view id) {
  std::vector<std::string> parts = {"system.slice", "bulkhead", std::string(id)};
  if (!cgroups_path.empty()) parts = parts_of(cgroups_path);
  if (parts.size() != 3)
    return config_error(
        "linux.cgroupsPath: expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"" +
        std::string(cgroups_path) + "\" instead");
  ScopeName scope;
  scope.slice = parts[0].empty() ? "system.slice" : parts[0];
  // A slice of its own, as another runtime would make of it, could hold no process.
  if (parts[2].empty() || parts[2].ends_with(kSliceSuffix))
    return config_error("linux.cgroupsPath: invalid name of a scope: " + parts[2]);
  scope.unit = (parts[1].empty() ? "" : parts[1] + "-") + parts[2] + ".scope";
  if (!is_unit_name(scope.unit)) return config_error("linux.cgroupsPath: invalid unit name: " + scope.unit);
  scope.cgroup_path = BULKHEAD_TRY(slice_path(scope.slice)) + "/" + scope.unit;
  return scope;
}

std::vector<Property> scope_properties(const ScopeName& scope, std::string_view id, pid_t pid) {
  Properties properties;
  properties.add("Description", "container " + std::string(id));
  properties.add("Slice", scope.slice);
  properties.add("PIDs", std::vector<std::uint32_t>{static_cast<std::uint32_t>(pid)});
  properties.add("Delegate", true);
  properties.add("DefaultDependencies", false);
  // Whatever its end: nobody has to ask for the remains of a scope whose container is gone.
  properties.add("CollectMode", std::string("inactive-or-failed"));
  for (const char* name : {"MemoryAccounting", "CPUAccounting", "TasksAccounting"}) properties.add(name, true);
  return properties.take();
}

Result<std::vector<Property>> limit_properties(const cgroup::Host& host, const oci::Resources& resources) {
  const bool is_v2 = host.mode() == cgroup::Mode::kV2;
  Properties properties;
  add_memory(properties, resources.memory, is_v2);
  BULKHEAD_TRY(add_cpu(properties, resources.cpu, is_v2));
  if (resources.pids_limit.value_or(0) != 0)
    properties.add("TasksMax",
                   *resources.pids_limit > 0 ? static_cast<std::uint64_t>(*resources.pids_limit) : kInfinity);
  if (is_v2 && resources.block_io.weight) properties.add("IOWeight", cgroup::io_weight(*resources.block_io.weight));
  return properties.take();
}

}  // namespace bulkhead::systemd
