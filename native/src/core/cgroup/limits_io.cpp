// linux.resources.blockIO: the blkio (v1) or io (v2) controller.
#include <algorithm>

#include "core/cgroup/limit_list.h"

namespace bulkhead::cgroup {
namespace {

std::string device(std::uint32_t major, std::uint32_t minor) {
  return std::to_string(major) + ":" + std::to_string(minor);
}

/** The file that takes weights depends on the I/O scheduler that the kernel has; empty: none does. */
std::string v1_weight_file(const Host& host, const Hierarchy& hierarchy) {
  // Neither weight file is in the root group; BFQ's statistics are. blkio.weight was CFQ's, gone since Linux 5.0.
  if (host.exists(hierarchy.mount_point + "/blkio.bfq.io_service_bytes")) return "blkio.bfq.weight";
  if (host.exists(hierarchy.mount_point + "/blkio.weight")) return "blkio.weight";
  return {};
}

std::string v2_weight_file(const Host& host, const Hierarchy& hierarchy) {
  // io.cost.qos is in the root group of kernels with iocost, which is what makes io.weight.
  if (host.exists(hierarchy.mount_point + "/io.cost.qos")) return "io.weight";
  if (host.exists("/sys/module/bfq")) return "io.bfq.weight";
  return {};
}

void add_weights(const oci::BlockIoResources& io, const Hierarchy& hierarchy, LimitList& list) {
  if (!io.weight && io.weight_devices.empty()) return;
  const std::string file =
      hierarchy.is_v2 ? v2_weight_file(list.host(), hierarchy) : v1_weight_file(list.host(), hierarchy);
  if (file.empty()) return list.refuse("blockIO.weight", "this kernel has no I/O scheduler that weighs");
  const auto scaled = [&](std::uint16_t weight) { return file == "io.weight" ? io_weight(weight) : weight; };
  const char* controller = hierarchy.is_v2 ? "io" : "blkio";
  if (io.weight)
    list.add(hierarchy, controller, file, (hierarchy.is_v2 ? "default " : "") + std::to_string(scaled(*io.weight)));
  const std::string device_file = file == "blkio.weight"       ? "blkio.weight_device"
                                  : file == "blkio.bfq.weight" ? "blkio.bfq.weight_device"
                                                               : file;
  for (const oci::DeviceWeight& entry : io.weight_devices)
    if (entry.weight)
      list.add(hierarchy, controller, device_file,
               device(entry.major, entry.minor) + " " + std::to_string(scaled(*entry.weight)));
}

struct Throttle {
  const std::vector<oci::DeviceRate>& rates;
  const char* v1_file;
  const char* v2_key;
};

void add_throttle(const Throttle& throttle, const Hierarchy& hierarchy, LimitList& list) {
  for (const oci::DeviceRate& entry : throttle.rates) {
    const std::string name = device(entry.major, entry.minor);
    const std::string rate = std::to_string(entry.rate);
    // A rate of 0 lifts the limit: v1 takes the 0, v2 wants "max".
    if (!hierarchy.is_v2)
      list.add(hierarchy, "blkio", throttle.v1_file, name + " " + rate);
    else
      list.add(hierarchy, "io", "io.max", name + " " + throttle.v2_key + "=" + (entry.rate == 0 ? "max" : rate));
  }
}

}  // namespace

std::uint64_t io_weight(std::uint64_t blkio_weight) {
  constexpr std::uint64_t kMin = 10;
  constexpr std::uint64_t kMax = 1000;
  return 1 + (std::clamp(blkio_weight, kMin, kMax) - kMin) * 9999 / (kMax - kMin);
}

void add_io_limits(const oci::BlockIoResources& io, LimitList& list) {
  const bool any = io.weight || io.leaf_weight || !io.weight_devices.empty() || !io.read_bps.empty() ||
                   !io.write_bps.empty() || !io.read_iops.empty() || !io.write_iops.empty();
  if (!any) return;
  const Hierarchy* hierarchy = list.want("blockIO", "blkio");
  if (hierarchy == nullptr) return;
  if (io.leaf_weight) return list.refuse("blockIO.leafWeight", "no kernel since 5.0 has it");
  add_weights(io, *hierarchy, list);
  add_throttle({io.read_bps, "blkio.throttle.read_bps_device", "rbps"}, *hierarchy, list);
  add_throttle({io.write_bps, "blkio.throttle.write_bps_device", "wbps"}, *hierarchy, list);
  add_throttle({io.read_iops, "blkio.throttle.read_iops_device", "riops"}, *hierarchy, list);
  add_throttle({io.write_iops, "blkio.throttle.write_iops_device", "wiops"}, *hierarchy, list);
}

}  // namespace bulkhead::cgroup
