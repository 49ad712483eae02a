// What a container's group has used: read from whichever hierarchy carries each controller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/cgroup/host.h"

namespace bulkhead::cgroup {

/** Percentages of time over the last 10 and 60 seconds in which some or all tasks waited. */
struct Pressure {
  double some10 = 0;
  double some60 = 0;
  double full10 = 0;
  double full60 = 0;
};

/** None: not to be had here, or (limits) no limit. */
struct Stats {
  std::uint64_t cpu_usage_us = 0;
  std::optional<std::uint64_t> cpu_throttled_us;
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint64_t> memory_limit_bytes;
  std::optional<std::uint64_t> memory_peak_bytes;
  std::optional<std::uint64_t> swap_bytes;
  std::optional<std::uint64_t> oom_kills;
  /** How often the group was at its limit: v2 memory.events `max` and `high`, v1 memory.failcnt. */
  std::optional<std::uint64_t> memory_limit_hits;
  std::optional<std::uint64_t> memory_high_hits;
  std::optional<std::uint64_t> pids;
  std::optional<std::uint64_t> pids_limit;
  /** How often a fork was refused (pids.events). */
  std::optional<std::uint64_t> pids_limit_hits;
  std::optional<std::uint64_t> io_read_bytes;
  std::optional<std::uint64_t> io_write_bytes;
  std::optional<Pressure> cpu_pressure;
  std::optional<Pressure> memory_pressure;
  std::optional<Pressure> io_pressure;
};

Stats read_stats(const Host& host, const std::string& path);

/** Processes of the group that the memory limit has killed since it was made; none: no memory controller. */
std::optional<std::uint64_t> oom_kills(const Host& host, const std::string& path);

/** A pressure file (Documentation/accounting/psi.rst); none when it is empty. */
std::optional<Pressure> parse_pressure(std::string_view text);

}  // namespace bulkhead::cgroup
