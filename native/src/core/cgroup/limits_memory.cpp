// linux.resources.memory.
#include "core/cgroup/limit_list.h"

namespace bulkhead::cgroup {
namespace {

/** Bytes as a cgroup file takes them; -1 is "none". */
std::string bytes(std::int64_t value, const char* none) { return value < 0 ? none : std::to_string(value); }

/** At creation "no limit" needs no word, for a fresh group has none. */
bool is_wanted(const std::optional<std::int64_t>& value, const LimitList& list) {
  return value && *value != 0 && (*value > 0 || list.is_update());
}

/** v2 counts swap by itself, the spec counts memory and swap together. */
void add_v2_swap(const oci::MemoryResources& memory, const Hierarchy& hierarchy, LimitList& list) {
  if (*memory.swap < 0) return list.add(hierarchy, "memory", "memory.swap.max", "max");
  if (memory.limit.value_or(0) <= 0)
    return list.refuse("memory.swap", "cgroup v2 counts swap alone: a limit is needed to subtract");
  list.add(hierarchy, "memory", "memory.swap.max", std::to_string(*memory.swap - *memory.limit));
}

void add_v2(const oci::MemoryResources& memory, const Hierarchy& hierarchy, LimitList& list) {
  if (is_wanted(memory.limit, list)) list.add(hierarchy, "memory", "memory.max", bytes(*memory.limit, "max"));
  if (is_wanted(memory.swap, list)) add_v2_swap(memory, hierarchy, list);
  if (is_wanted(memory.reservation, list)) list.add(hierarchy, "memory", "memory.low", bytes(*memory.reservation, "0"));
  if (memory.swappiness) list.refuse("memory.swappiness", "cgroup v2 has no equivalent");
  if (memory.disable_oom_killer) list.refuse("memory.disableOOMKiller", "cgroup v2 has no equivalent");
}

void add_v1(const oci::MemoryResources& memory, const Hierarchy& hierarchy, LimitList& list) {
  // The kernel keeps limit ≤ memsw.limit at every moment: a fresh group takes them in this order. An update that the kernel
  // refuses in this order is repeated the other way round (update.cpp).
  if (is_wanted(memory.limit, list)) list.add(hierarchy, "memory", "memory.limit_in_bytes", bytes(*memory.limit, "-1"));
  if (is_wanted(memory.swap, list))
    list.add(hierarchy, "memory", "memory.memsw.limit_in_bytes", bytes(*memory.swap, "-1"));
  if (is_wanted(memory.reservation, list))
    list.add(hierarchy, "memory", "memory.soft_limit_in_bytes", bytes(*memory.reservation, "-1"));
  if (memory.swappiness) list.add(hierarchy, "memory", "memory.swappiness", std::to_string(*memory.swappiness));
  if (memory.disable_oom_killer) list.add(hierarchy, "memory", "memory.oom_control", "1");
}

}  // namespace

void add_memory_limits(const oci::MemoryResources& memory, LimitList& list) {
  const bool any = is_wanted(memory.limit, list) || is_wanted(memory.swap, list) ||
                   is_wanted(memory.reservation, list) || memory.swappiness || memory.disable_oom_killer;
  if (!any) return;
  const Hierarchy* hierarchy = list.want("memory", "memory");
  if (hierarchy == nullptr) return;
  if (hierarchy->is_v2) return add_v2(memory, *hierarchy, list);
  add_v1(memory, *hierarchy, list);
}

}  // namespace bulkhead::cgroup
