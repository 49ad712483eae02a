#include "core/cgroup/stats.h"

#include <charconv>
#include <cstdlib>

namespace bulkhead::cgroup {
namespace {

using Number = std::optional<std::uint64_t>;

/** A number at the beginning of `text`; "max" and anything else is none. */
Number number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc()) return std::nullopt;
  return value;
}

/** The number behind `key` in a file of lines "key number". */
Number field(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ')
      return number(line.substr(key.size() + 1));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return std::nullopt;
}

/** The sum of the numbers behind `key` ("rbytes=", " Read ") in all lines. */
Number sum_of(std::string_view text, std::string_view key) {
  if (text.empty()) return std::nullopt;
  std::uint64_t sum = 0;
  for (auto at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1))
    sum += number(text.substr(at + key.size())).value_or(0);
  return sum;
}

/** Reads files of one container's group. */
class Reader {
 public:
  Reader(const Host& host, const std::string& path) : host_(host), path_(path) {}

  const Hierarchy* find(const char* controller) const { return host_.find(controller); }
  std::string text(const Hierarchy& hierarchy, const char* file) const {
    return host_.read(hierarchy.mount_point + path_ + "/" + file);
  }
  Number value(const Hierarchy& hierarchy, const char* file) const { return number(text(hierarchy, file)); }
  const Host& host() const { return host_; }

 private:
  const Host& host_;
  const std::string& path_;
};

void read_cpu(const Reader& reader, Stats& stats) {
  const Hierarchy* cpu = reader.find("cpu");
  const Hierarchy* unified = reader.host().unified();
  // The v2 group counts processor time even where the cpu controller is v1's.
  if (unified != nullptr) {
    const std::string text = reader.text(*unified, "cpu.stat");
    stats.cpu_usage_us = field(text, "usage_usec").value_or(0);
    stats.cpu_throttled_us = field(text, "throttled_usec");
  } else if (const Hierarchy* accounting = reader.find("cpuacct")) {
    stats.cpu_usage_us = reader.value(*accounting, "cpuacct.usage").value_or(0) / 1000;
  }
  if (cpu != nullptr && !cpu->is_v2) {
    const Number throttled_ns = field(reader.text(*cpu, "cpu.stat"), "throttled_time");
    if (throttled_ns) stats.cpu_throttled_us = *throttled_ns / 1000;
  }
}

/** v1 says "no limit" by the largest number of pages. */
Number v1_limit(Number limit) {
  constexpr std::uint64_t kNone = std::uint64_t{1} << 62;
  return limit && *limit < kNone ? limit : std::nullopt;
}

void read_memory_v1(const Reader& reader, const Hierarchy& memory, Stats& stats) {
  const Number usage = reader.value(memory, "memory.usage_in_bytes");
  const std::string details = reader.text(memory, "memory.stat");
  // Page cache that could go at once is not what a container "needs": left out, as docker and kubelet do.
  const std::uint64_t inactive = field(details, "total_inactive_file").value_or(0);
  if (usage) stats.memory_bytes = *usage > inactive ? *usage - inactive : 0;
  stats.memory_limit_bytes = v1_limit(reader.value(memory, "memory.limit_in_bytes"));
  stats.memory_peak_bytes = reader.value(memory, "memory.max_usage_in_bytes");
  stats.swap_bytes = field(details, "total_swap");
  stats.oom_kills = field(reader.text(memory, "memory.oom_control"), "oom_kill");
  stats.memory_limit_hits = reader.value(memory, "memory.failcnt");
}

void read_memory_v2(const Reader& reader, const Hierarchy& memory, Stats& stats) {
  const Number usage = reader.value(memory, "memory.current");
  const std::uint64_t inactive = field(reader.text(memory, "memory.stat"), "inactive_file").value_or(0);
  if (usage) stats.memory_bytes = *usage > inactive ? *usage - inactive : 0;
  stats.memory_limit_bytes = reader.value(memory, "memory.max");
  stats.memory_peak_bytes = reader.value(memory, "memory.peak");
  stats.swap_bytes = reader.value(memory, "memory.swap.current");
  const std::string events = reader.text(memory, "memory.events");
  stats.oom_kills = field(events, "oom_kill");
  stats.memory_limit_hits = field(events, "max");
  stats.memory_high_hits = field(events, "high");
}

void read_io(const Reader& reader, Stats& stats) {
  const Hierarchy* io = reader.find("blkio");
  if (io == nullptr) return;
  if (io->is_v2) {
    const std::string text = reader.text(*io, "io.stat");
    stats.io_read_bytes = sum_of(text, "rbytes=");
    stats.io_write_bytes = sum_of(text, "wbytes=");
    return;
  }
  const std::string text = reader.text(*io, "blkio.throttle.io_service_bytes_recursive");
  stats.io_read_bytes = sum_of(text, " Read ");
  stats.io_write_bytes = sum_of(text, " Write ");
}

void read_pids(const Reader& reader, Stats& stats) {
  const Hierarchy* pids = reader.find("pids");
  if (pids == nullptr) return;
  stats.pids = reader.value(*pids, "pids.current");
  stats.pids_limit = reader.value(*pids, "pids.max");
  stats.pids_limit_hits = field(reader.text(*pids, "pids.events"), "max");
}

double average(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  if (at == std::string_view::npos) return 0;
  // strtod and not from_chars: the string ends with a NUL behind the view, and the locale is C.
  return std::strtod(std::string(line.substr(at + key.size(), 12)).c_str(), nullptr);
}

}  // namespace

std::optional<Pressure> parse_pressure(std::string_view text) {
  if (!text.starts_with("some")) return std::nullopt;
  const auto end = text.find('\n');
  const std::string_view some = text.substr(0, end);
  const std::string_view full = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return Pressure{average(some, "avg10="), average(some, "avg60="), average(full, "avg10="), average(full, "avg60=")};
}

std::optional<std::uint64_t> oom_kills(const Host& host, const std::string& path) {
  const Hierarchy* memory = host.find("memory");
  if (memory == nullptr) return std::nullopt;
  return field(host.read(memory->mount_point + path + (memory->is_v2 ? "/memory.events" : "/memory.oom_control")),
               "oom_kill");
}

Stats read_stats(const Host& host, const std::string& path) {
  const Reader reader(host, path);
  Stats stats;
  read_cpu(reader, stats);
  if (const Hierarchy* memory = host.find("memory"))
    memory->is_v2 ? read_memory_v2(reader, *memory, stats) : read_memory_v1(reader, *memory, stats);
  read_pids(reader, stats);
  read_io(reader, stats);
  if (const Hierarchy* unified = host.unified()) {
    stats.cpu_pressure = parse_pressure(reader.text(*unified, "cpu.pressure"));
    stats.memory_pressure = parse_pressure(reader.text(*unified, "memory.pressure"));
    stats.io_pressure = parse_pressure(reader.text(*unified, "io.pressure"));
  }
  return stats;
}

}  // namespace bulkhead::cgroup
