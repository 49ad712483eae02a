// events: statistics and out-of-memory events of a container, one JSON object a line, in runc's form.
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "core/core.h"
#include "runtime/arguments.h"
#include "runtime/container_groups.h"
#include "runtime/container_state.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

constexpr std::array kOptions = {Option{"stats", 0, false}, Option{"interval", 0, true}};
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void number(Writer& writer, const char* name, std::uint64_t value) {
  writer.Key(name);
  writer.Uint64(value);
}

void write_cpu(Writer& writer, const cgroup::Stats& stats) {
  writer.Key("cpu");
  writer.StartObject();
  writer.Key("usage");
  writer.StartObject();
  number(writer, "total", stats.cpu_usage_us * 1000);
  writer.EndObject();
  writer.Key("throttling");
  writer.StartObject();
  number(writer, "throttledTime", stats.cpu_throttled_us.value_or(0) * 1000);
  writer.EndObject();
  writer.EndObject();
}

void write_memory(Writer& writer, const cgroup::Stats& stats) {
  writer.Key("memory");
  writer.StartObject();
  writer.Key("usage");
  writer.StartObject();
  number(writer, "usage", stats.memory_bytes.value_or(0));
  number(writer, "max", stats.memory_peak_bytes.value_or(0));
  number(writer, "limit", stats.memory_limit_bytes.value_or(UINT64_MAX));
  number(writer, "failcnt", stats.memory_limit_hits.value_or(0));
  writer.EndObject();
  writer.Key("swap");
  writer.StartObject();
  number(writer, "usage", stats.swap_bytes.value_or(0));
  writer.EndObject();
  writer.EndObject();
}

void write_pids(Writer& writer, const cgroup::Stats& stats) {
  writer.Key("pids");
  writer.StartObject();
  number(writer, "current", stats.pids.value_or(0));
  if (stats.pids_limit) number(writer, "limit", *stats.pids_limit);
  writer.EndObject();
}

void write_io_line(Writer& writer, const char* operation, std::uint64_t value) {
  writer.StartObject();
  writer.Key("op");
  writer.String(operation);
  number(writer, "value", value);
  writer.EndObject();
}

void write_io(Writer& writer, const cgroup::Stats& stats) {
  writer.Key("blkio");
  writer.StartObject();
  writer.Key("ioServiceBytesRecursive");
  writer.StartArray();
  write_io_line(writer, "Read", stats.io_read_bytes.value_or(0));
  write_io_line(writer, "Write", stats.io_write_bytes.value_or(0));
  writer.EndArray();
  writer.EndObject();
}

void write_hugetlb(Writer& writer, const std::vector<cgroup::HugetlbStats>& pages) {
  writer.Key("hugetlb");
  writer.StartObject();
  for (const cgroup::HugetlbStats& size : pages) {
    writer.Key(size.page_size.c_str());
    writer.StartObject();
    number(writer, "usage", size.usage_bytes);
    number(writer, "max", size.peak_bytes);
    number(writer, "failcnt", size.limit_hits);
    writer.EndObject();
  }
  writer.EndObject();
}

void write_data(Writer& writer, const cgroup::Host& host, const std::string& group) {
  const cgroup::Stats stats = cgroup::read_stats(host, group);
  writer.Key("data");
  writer.StartObject();
  write_cpu(writer, stats);
  write_memory(writer, stats);
  write_pids(writer, stats);
  write_io(writer, stats);
  write_hugetlb(writer, cgroup::read_hugetlb(host, group, cgroup::hugepage_sizes()));
  writer.EndObject();
}

/** `host`: null for an event without data. */
void print_event(const ContainerState& state, const char* type, const cgroup::Host* host) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  writer.Key("type");
  writer.String(type);
  writer.Key("id");
  writer.String(state.id.c_str());
  if (host != nullptr) write_data(writer, *host, state.cgroup_path);
  writer.EndObject();
  std::printf("%s\n", buffer.GetString());
  std::fflush(stdout);
}

/** "5s", "500ms", "1m", or seconds. */
Result<unsigned> interval_ms(const std::string& text) {
  char* unit = nullptr;
  const double value = std::strtod(text.c_str(), &unit);
  const std::string suffix = unit;
  const double factor = suffix == "ms" ? 1 : suffix == "m" ? 60000 : suffix == "s" || suffix.empty() ? 1000 : 0;
  if (value <= 0 || factor == 0 || value * factor < 1 || value * factor > 3.6e6)
    return make_error("usage", 0, "duration interval must be greater than 0");
  return static_cast<unsigned>(value * factor);
}

/** Until the container has ended. */
void follow(const Found& found, const cgroup::Host& host, unsigned every_ms) {
  std::uint64_t kills = cgroup::oom_kills(host, found.state.cgroup_path).value_or(0);
  while (is_alive(found.state.pid, found.state.start_time_ticks)) {
    print_event(found.state, "stats", &host);
    usleep(every_ms * 1000);
    const std::uint64_t now = cgroup::oom_kills(host, found.state.cgroup_path).value_or(kills);
    for (; kills < now; ++kills) print_event(found.state, "oom", nullptr);
  }
}

}  // namespace

Result<int> events(const Environment& environment, std::span<const std::string_view> words) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, kOptions, Arguments::Operands::kAnywhere));
  if (arguments.operands().size() != 1) return make_error("usage", 0, "\"events\" requires exactly 1 argument");
  const unsigned every_ms = BULKHEAD_TRY(interval_ms(arguments.get("interval", "5s")));
  const Found found = BULKHEAD_TRY(find_container(environment, arguments.operands().front()));
  if (status_of(found.directory, found.state) == Status::kStopped)
    return plain_error("container with id " + found.state.id + " is not running");
  BULKHEAD_TRY(require_groups(found.state));
  const cgroup::Host host = BULKHEAD_TRY(host_of(found.state));
  if (!arguments.has("stats")) {
    follow(found, host, every_ms);
    return 0;
  }
  print_event(found.state, "stats", &host);
  return 0;
}

}  // namespace bulkhead::runtime
