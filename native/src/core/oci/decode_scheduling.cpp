// `scheduler`, `ioPriority` and `execCPUAffinity` of a process.
#include <linux/sched.h>

#include <array>
#include <charconv>

#include "core/oci/decode_parts.h"

namespace bulkhead::oci {
namespace {

struct Named {
  std::string_view name;
  std::uint32_t number;
};

constexpr std::uint32_t kIso = 4;  // SCHED_ISO is reserved and never was in Linux: the kernel says EINVAL.
constexpr std::array kPolicies = {
    Named{"SCHED_OTHER", SCHED_NORMAL},      Named{"SCHED_FIFO", SCHED_FIFO}, Named{"SCHED_RR", SCHED_RR},
    Named{"SCHED_BATCH", SCHED_BATCH},       Named{"SCHED_ISO", kIso},        Named{"SCHED_IDLE", SCHED_IDLE},
    Named{"SCHED_DEADLINE", SCHED_DEADLINE},
};

constexpr std::array kFlags = {
    Named{"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},
    Named{"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
    Named{"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},
    Named{"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
    Named{"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},
    Named{"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
    Named{"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX},
};

// ioprio_set(2); linux/ioprio.h is no C++.
constexpr std::array kIoClasses = {
    Named{"IOPRIO_CLASS_RT", 1},
    Named{"IOPRIO_CLASS_BE", 2},
    Named{"IOPRIO_CLASS_IDLE", 3},
};
constexpr unsigned kIoClassShift = 13;

template <std::size_t N>
std::optional<std::uint32_t> lookup(const std::array<Named, N>& table, std::string_view name) {
  for (const Named& entry : table)
    if (entry.name == name) return entry.number;
  return std::nullopt;
}

/** What the kernel would pass over in silence, or refuse without saying which field it is. */
void check_scheduler(const JsonNode& node, const Scheduler& scheduler) {
  const bool is_real_time = scheduler.policy == SCHED_FIFO || scheduler.policy == SCHED_RR;
  const bool is_deadline = scheduler.policy == SCHED_DEADLINE;
  const bool has_times = scheduler.runtime != 0 || scheduler.deadline != 0 || scheduler.period != 0;
  node.expect(scheduler.nice >= -20 && scheduler.nice <= 19, "nice not within -20 and 19");
  if (is_real_time)
    node.expect(scheduler.priority >= 1 && scheduler.priority <= 99, "priority not within 1 and 99");
  else
    node.expect(scheduler.priority == 0, "priority is for SCHED_FIFO and SCHED_RR");
  node.expect(is_deadline || !has_times, "runtime, deadline and period are for SCHED_DEADLINE");
  node.expect(!is_deadline || (scheduler.runtime != 0 && scheduler.deadline != 0),
              "SCHED_DEADLINE needs runtime and deadline");
}

void decode_scheduler(const JsonNode& node, Scheduler& scheduler) {
  std::string policy;
  if (node.require("policy", policy)) {
    const auto known = lookup(kPolicies, policy);
    if (known)
      scheduler.policy = *known;
    else
      node.fail_field("policy", "unknown policy \"" + policy + "\"");
  }
  node.each("flags", [&](const JsonNode& element) {
    std::string name;
    if (!element.text(name)) return;
    const auto known = lookup(kFlags, name);
    if (element.expect(known.has_value(), "unknown flag \"" + name + "\"")) scheduler.flags |= *known;
  });
  node.read("nice", scheduler.nice);
  node.read("priority", scheduler.priority);
  node.read("runtime", scheduler.runtime);
  node.read("deadline", scheduler.deadline);
  node.read("period", scheduler.period);
  check_scheduler(node, scheduler);
}

void decode_io_priority(const JsonNode& node, Process& process) {
  std::string name;
  std::uint16_t level = 0;
  if (!node.require("class", name) || !node.require("priority", level)) return;
  const auto known = lookup(kIoClasses, name);
  if (!known) return node.fail_field("class", "unknown class \"" + name + "\"");
  if (level > 7) return node.fail_field("priority", "not within 0 and 7");
  process.io_priority = static_cast<std::uint16_t>(*known << kIoClassShift | level);
}

constexpr std::uint32_t kMaxCpus = 8192;  // the largest CONFIG_NR_CPUS

/** Reads a number off the front of `text`. */
bool take_number(std::string_view& text, std::uint32_t& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number < kMaxCpus;
}

/** "0-3,7" → bits. False: it is no such list. */
bool parse_cpus(std::string_view text, std::string& mask) {
  for (;;) {
    std::uint32_t first = 0;
    if (!take_number(text, first)) return false;
    std::uint32_t last = first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      if (!take_number(text, last) || last < first) return false;
    }
    // sched_setaffinity(2) takes whole words.
    const std::size_t bytes = (last / 64 + 1) * 8;
    if (mask.size() < bytes) mask.resize(bytes);
    for (std::uint32_t cpu = first; cpu <= last; ++cpu)
      mask[cpu / 8] = static_cast<char>(static_cast<unsigned char>(mask[cpu / 8]) | 1u << cpu % 8);
    if (text.empty()) return true;
    if (!text.starts_with(',')) return false;
    text.remove_prefix(1);
  }
}

void decode_cpus(const JsonNode& node, const char* name, std::string& mask) {
  std::string text;
  if (!node.read(name, text) || text.empty()) return;
  if (!parse_cpus(text, mask)) node.fail_field(name, "\"" + text + "\" is not a list of processors");
}

}  // namespace

void decode_scheduling(const JsonNode& node, Process& process) {
  node.object("scheduler", [&](const JsonNode& field) { decode_scheduler(field, process.scheduler.emplace()); });
  node.object("ioPriority", [&](const JsonNode& field) { decode_io_priority(field, process); });
  node.object("execCPUAffinity", [&](const JsonNode& field) {
    decode_cpus(field, "initial", process.initial_cpus);
    decode_cpus(field, "final", process.final_cpus);
  });
}

}  // namespace bulkhead::oci
