#include "core/cgroup/stats_hugetlb.h"

#include <charconv>
#include <cstdlib>

#include "core/linux/files.h"

namespace bulkhead::cgroup {
namespace {

std::uint64_t number(const std::string& text) { return std::strtoull(text.c_str(), nullptr, 10); }

HugetlbStats read_v1(const Host& host, const std::string& prefix) {
  return {.page_size = {},
          .usage_bytes = number(host.read(prefix + ".usage_in_bytes")),
          .peak_bytes = number(host.read(prefix + ".max_usage_in_bytes")),
          .limit_hits = number(host.read(prefix + ".failcnt"))};
}

/** hugetlb.<size>.events: "max 3". */
HugetlbStats read_v2(const Host& host, const std::string& prefix) {
  const std::string events = host.read(prefix + ".events");
  return {.page_size = {},
          .usage_bytes = number(host.read(prefix + ".current")),
          .peak_bytes = 0,
          .limit_hits = events.starts_with("max ") ? number(events.substr(4)) : 0};
}

}  // namespace

std::vector<HugetlbStats> read_hugetlb(const Host& host, const std::string& path,
                                       const std::vector<std::string>& page_sizes) {
  const Hierarchy* hierarchy = host.find("hugetlb");
  std::vector<HugetlbStats> all;
  if (hierarchy == nullptr) return all;
  for (const std::string& size : page_sizes) {
    const std::string prefix = hierarchy->mount_point + path + "/hugetlb." + size;
    if (!host.exists(prefix + (hierarchy->is_v2 ? ".current" : ".usage_in_bytes"))) continue;
    all.push_back(hierarchy->is_v2 ? read_v2(host, prefix) : read_v1(host, prefix));
    all.back().page_size = size;
  }
  return all;
}

std::string hugepage_size_of(std::string_view directory) {
  constexpr std::string_view kPrefix = "hugepages-";
  std::uint64_t kilobytes = 0;
  if (!directory.starts_with(kPrefix)) return {};
  const char* begin = directory.data() + kPrefix.size();
  if (std::from_chars(begin, directory.data() + directory.size(), kilobytes).ec != std::errc()) return {};
  if (kilobytes >= 1024 * 1024) return std::to_string(kilobytes / (1024 * 1024)) + "GB";
  return kilobytes >= 1024 ? std::to_string(kilobytes / 1024) + "MB" : std::to_string(kilobytes) + "KB";
}

std::vector<std::string> hugepage_sizes() {
  std::vector<std::string> sizes;
  for (const std::string& name : subdirectories("/sys/kernel/mm/hugepages"))
    if (std::string size = hugepage_size_of(name); !size.empty()) sizes.push_back(std::move(size));
  return sizes;
}

}  // namespace bulkhead::cgroup
