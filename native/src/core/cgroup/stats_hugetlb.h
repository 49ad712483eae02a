// The huge pages that a container's group has in use. Apart from the other statistics, which are asked for far more often.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/cgroup/host.h"

namespace bulkhead::cgroup {

struct HugetlbStats {
  /** As the kernel names it in the group's files: "2MB". */
  std::string page_size;
  std::uint64_t usage_bytes = 0;
  /** v2 does not tell: 0. */
  std::uint64_t peak_bytes = 0;
  /** How often the group was at its limit. */
  std::uint64_t limit_hits = 0;
};

/** Of those of `page_sizes` that the group counts; none without the controller. */
std::vector<HugetlbStats> read_hugetlb(const Host& host, const std::string& path,
                                       const std::vector<std::string>& page_sizes);

/** Those of this kernel. */
std::vector<std::string> hugepage_sizes();
/** "hugepages-2048kB", as a directory of sysfs is called → "2MB"; empty: no such name. */
std::string hugepage_size_of(std::string_view directory);

}  // namespace bulkhead::cgroup
