// The files that hold one value, and those that hold a line for each device.
#include "core/cgroup/value_before.h"

namespace bulkhead::cgroup {
namespace {

std::string_view first_word(std::string_view text) { return text.substr(0, text.find(' ')); }

/** The line of `content` that begins with the word `key`; empty: there is none. */
std::string_view line_of(std::string_view content, std::string_view key) {
  while (!content.empty()) {
    const std::string_view line = content.substr(0, content.find('\n'));
    if (first_word(line) == key) return line;
    content.remove_prefix(line.size() == content.size() ? line.size() : line.size() + 1);
  }
  return {};
}

/** Device numbers, a name or "default" before the value. */
bool is_keyed(std::string_view file, std::string_view next) {
  return first_word(next).find(':') != std::string_view::npos || file == "rdma.max" || file == "net_prio.ifpriomap" ||
         next.starts_with("default ");
}

/** How a device gets rid of what it has in `file`. */
std::string cleared(std::string_view file, std::string_view key) {
  if (file == "io.max") return std::string(key) + " rbps=max wbps=max riops=max wiops=max";
  if (file.find("throttle") != std::string_view::npos) return std::string(key) + " 0";
  return file.find("weight") != std::string_view::npos ? std::string(key) + " default" : std::string();
}

}  // namespace

std::string value_before(std::string_view file, std::string_view next, std::string_view content) {
  if (is_keyed(file, next)) {
    const std::string_view key = first_word(next);
    const std::string_view line = line_of(content, key);
    return line.empty() ? cleared(file, key) : std::string(line);
  }
  if (file == "memory.oom_control") {
    const std::string_view line = line_of(content, "oom_kill_disable");
    return std::string(line.substr(line.find(' ') + 1));
  }
  const std::string_view line = content.substr(0, content.find('\n'));
  // A cpuset of v2 that asks for nothing of its own.
  return line.empty() && file.starts_with("cpuset.") ? "\n" : std::string(line);
}

}  // namespace bulkhead::cgroup
