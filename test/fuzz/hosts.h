// Hosts with each kind of control groups, as parse_host finds them; their files are empty.
#pragma once

#include <array>
#include <string>

#include "core/cgroup/host.h"

namespace bulkhead::fuzz {

inline constexpr const char* kV1Mounts =
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
    "36 31 0:33 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n"
    "37 31 0:34 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer\n"
    "38 31 0:35 / /sys/fs/cgroup/blkio rw - cgroup cgroup rw,blkio\n"
    "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
    "40 31 0:37 / /sys/fs/cgroup/hugetlb rw - cgroup cgroup rw,hugetlb\n"
    "41 31 0:38 / /sys/fs/cgroup/rdma rw - cgroup cgroup rw,rdma\n"
    "42 31 0:39 / /sys/fs/cgroup/net rw - cgroup cgroup rw,net_cls,net_prio\n";
inline constexpr const char* kUnified = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
inline constexpr const char* kV2Mount = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

inline cgroup::Host host_of(const std::string& mountinfo) {
  cgroup::Host host = cgroup::parse_host(mountinfo, "0::/\n", [](const std::string& path) {
    return std::string(path.ends_with("cgroup.controllers") ? "cpuset cpu io memory hugetlb pids rdma misc\n" : "");
  });
  host.exists = [](const std::string& path) { return path.size() % 2 == 0; };
  return host;
}

/** v2, v1, hybrid. */
inline const std::array<cgroup::Host, 3>& hosts() {
  static const std::array all = {host_of(kV2Mount), host_of(kV1Mounts), host_of(std::string(kV1Mounts) + kUnified)};
  return all;
}

}  // namespace bulkhead::fuzz
