// Hosts of the three kinds, as parse_host would find them, over files that are a map.
#pragma once

#include <map>
#include <string>

#include "core/cgroup/host.h"

namespace bulkhead::test {

using Files = std::map<std::string, std::string>;

inline constexpr const char* kV1Mounts =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
    "36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices\n"
    "37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer\n"
    "38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio\n"
    "39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd\n";
inline constexpr const char* kUnifiedMount = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
inline constexpr const char* kV2Mount =
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

inline cgroup::Host host_of(const std::string& mountinfo, Files files) {
  const auto find = [files](const std::string& path) {
    const auto found = files.find(path);
    return found == files.end() ? std::string() : found->second;
  };
  cgroup::Host host = cgroup::parse_host(mountinfo, "0::/init.scope\n", find);
  host.exists = [files](const std::string& path) {
    const auto after = files.lower_bound(path);
    return after != files.end() && (after->first == path || after->first.starts_with(path + "/"));
  };
  return host;
}

inline cgroup::Host v1_host() { return host_of(kV1Mounts, {{"/sys/fs/cgroup/blkio/blkio.bfq.io_service_bytes", ""}}); }
inline cgroup::Host hybrid_host() {
  return host_of(std::string(kV1Mounts) + kUnifiedMount, {{"/sys/fs/cgroup/unified/cgroup.controllers", "hugetlb\n"}});
}
inline cgroup::Host v2_host() {
  return host_of(kV2Mount, {{"/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma misc\n"},
                            {"/sys/fs/cgroup/cgroup.subtree_control", "cpu memory pids\n"},
                            {"/sys/fs/cgroup/io.cost.qos", ""}});
}

}  // namespace bulkhead::test
