#include "core/cgroup/limits.h"

#include "core/cgroup/limit_list.h"

namespace bulkhead::cgroup {
namespace {

void add_pids_limit(const oci::Resources& resources, LimitList& list) {
  if (!resources.pids_limit) return;
  const bool unlimited = *resources.pids_limit <= 0;
  if (unlimited && !list.is_update()) return;
  if (const Hierarchy* hierarchy = list.want("pids.limit", "pids"))
    list.add(*hierarchy, "pids", "pids.max", unlimited ? "max" : std::to_string(*resources.pids_limit));
}

/** Of what is used, and (Linux 5.7) of what is set aside: a page that was promised would come all the same. */
void add_hugepage_limits(const oci::Resources& resources, LimitList& list) {
  for (const oci::HugepageLimit& limit : resources.hugepage_limits) {
    const Hierarchy* hierarchy = list.want("hugepageLimits", "hugetlb");
    if (hierarchy == nullptr) return;
    const std::string suffix = hierarchy->is_v2 ? ".max" : ".limit_in_bytes";
    const std::string file = "hugetlb." + limit.page_size;
    list.add(*hierarchy, "hugetlb", file + suffix, std::to_string(limit.limit));
    list.add(*hierarchy, "hugetlb", file + ".rsvd" + suffix, std::to_string(limit.limit), true);
  }
}

/** Both are v1's alone; on v2 a firewall's cgroup match does what they were for. */
void add_network_limits(const oci::NetworkResources& network, LimitList& list) {
  if (network.class_id.value_or(0) != 0) {
    if (const Hierarchy* hierarchy = list.want("network.classID", "net_cls"))
      list.add(*hierarchy, "net_cls", "net_cls.classid", std::to_string(*network.class_id));
  }
  for (const oci::InterfacePriority& priority : network.priorities) {
    if (const Hierarchy* hierarchy = list.want("network.priorities", "net_prio"))
      list.add(*hierarchy, "net_prio", "net_prio.ifpriomap", priority.name + " " + std::to_string(priority.priority));
  }
}

void add_rdma_limits(const oci::Resources& resources, LimitList& list) {
  for (const oci::RdmaLimit& limit : resources.rdma) {
    const Hierarchy* hierarchy = list.want("rdma", "rdma");
    if (hierarchy == nullptr) return;
    std::string value = limit.device;
    if (limit.hca_handles) value += " hca_handle=" + std::to_string(*limit.hca_handles);
    if (limit.hca_objects) value += " hca_object=" + std::to_string(*limit.hca_objects);
    list.add(*hierarchy, "rdma", "rdma.max", std::move(value));
  }
}

/** Files of v2 controllers by their own names; whose controller is not on v2 here can't be applied. */
void add_unified(const oci::Resources& resources, LimitList& list) {
  for (const auto& [file, value] : resources.unified) {
    const std::string controller = file.substr(0, file.find('.'));
    const Hierarchy* unified = list.host().unified();
    if (unified == nullptr || !unified->has(controller))
      return list.refuse("unified." + file, "this host has no " + controller + " controller in its v2 hierarchy");
    list.add(*unified, controller, file, value);
  }
}

}  // namespace

Result<std::vector<Limit>> plan_limits(const Host& host, const oci::Resources& resources, Purpose purpose) {
  LimitList list(host, purpose);
  add_memory_limits(resources.memory, list);
  add_cpu_limits(resources.cpu, list);
  add_pids_limit(resources, list);
  add_io_limits(resources.block_io, list);
  add_hugepage_limits(resources, list);
  add_network_limits(resources.network, list);
  add_rdma_limits(resources, list);
  add_unified(resources, list);
  return list.finish();
}

}  // namespace bulkhead::cgroup
