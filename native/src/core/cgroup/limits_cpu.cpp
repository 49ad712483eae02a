// linux.resources.cpu: the cpu and cpuset controllers.
#include <algorithm>

#include "core/cgroup/limit_list.h"

namespace bulkhead::cgroup {
namespace {

bool has_realtime(const oci::CpuResources& cpu) {
  return cpu.realtime_runtime.value_or(0) != 0 || cpu.realtime_period.value_or(0) != 0;
}

bool has_quota(const oci::CpuResources& cpu, const LimitList& list) {
  return cpu.quota && (*cpu.quota > 0 || list.is_update());
}

void add_v2(const oci::CpuResources& cpu, const Hierarchy& hierarchy, LimitList& list) {
  if (cpu.shares.value_or(0) != 0)
    list.add(hierarchy, "cpu", "cpu.weight", std::to_string(weight_of_shares(*cpu.shares)));
  if (has_quota(cpu, list) || cpu.period.value_or(0) != 0) {
    std::string value = cpu.quota.value_or(0) > 0 ? std::to_string(*cpu.quota) : "max";
    if (cpu.period.value_or(0) != 0) value += " " + std::to_string(*cpu.period);
    list.add(hierarchy, "cpu", "cpu.max", std::move(value));
  }
  if (cpu.burst) list.add(hierarchy, "cpu", "cpu.max.burst", std::to_string(*cpu.burst));
  if (cpu.idle) list.add(hierarchy, "cpu", "cpu.idle", std::to_string(*cpu.idle));
  if (has_realtime(cpu)) list.refuse("cpu.realtimeRuntime", "cgroup v2 has no equivalent");
}

void add_v1(const oci::CpuResources& cpu, const Hierarchy& hierarchy, LimitList& list) {
  if (cpu.realtime_period.value_or(0) != 0)
    list.add(hierarchy, "cpu", "cpu.rt_period_us", std::to_string(*cpu.realtime_period));
  if (cpu.realtime_runtime.value_or(0) != 0)
    list.add(hierarchy, "cpu", "cpu.rt_runtime_us", std::to_string(*cpu.realtime_runtime));
  if (cpu.shares.value_or(0) != 0) list.add(hierarchy, "cpu", "cpu.shares", std::to_string(*cpu.shares));
  if (cpu.period.value_or(0) != 0) list.add(hierarchy, "cpu", "cpu.cfs_period_us", std::to_string(*cpu.period));
  if (has_quota(cpu, list))
    list.add(hierarchy, "cpu", "cpu.cfs_quota_us", std::to_string(std::max<std::int64_t>(*cpu.quota, -1)));
  if (cpu.burst) list.add(hierarchy, "cpu", "cpu.cfs_burst_us", std::to_string(*cpu.burst));
  if (cpu.idle) list.add(hierarchy, "cpu", "cpu.idle", std::to_string(*cpu.idle));
}

void add_cpuset(const oci::CpuResources& cpu, LimitList& list) {
  // Empty says nothing of a new group, which has what its parent has; a running one is given it back.
  const auto is_set = [&](const std::optional<std::string>& value) {
    return value && (!value->empty() || list.is_update());
  };
  if (!is_set(cpu.cpus) && !is_set(cpu.mems)) return;
  const Hierarchy* hierarchy = list.want("cpu.cpus", "cpuset");
  if (hierarchy == nullptr) return;
  if (is_set(cpu.cpus)) list.add(*hierarchy, "cpuset", "cpuset.cpus", *cpu.cpus);
  if (is_set(cpu.mems)) list.add(*hierarchy, "cpuset", "cpuset.mems", *cpu.mems);
}

}  // namespace

std::uint64_t weight_of_shares(std::uint64_t shares) {
  constexpr std::uint64_t kMin = 2;
  constexpr std::uint64_t kMax = 262144;
  return 1 + (std::clamp(shares, kMin, kMax) - kMin) * 9999 / (kMax - kMin);
}

void add_cpu_limits(const oci::CpuResources& cpu, LimitList& list) {
  add_cpuset(cpu, list);
  const bool any = cpu.shares.value_or(0) != 0 || has_quota(cpu, list) || cpu.period.value_or(0) != 0 || cpu.burst ||
                   cpu.idle || has_realtime(cpu);
  if (!any) return;
  const Hierarchy* hierarchy = list.want("cpu", "cpu");
  if (hierarchy == nullptr) return;
  if (hierarchy->is_v2) return add_v2(cpu, *hierarchy, list);
  add_v1(cpu, *hierarchy, list);
}

}  // namespace bulkhead::cgroup
