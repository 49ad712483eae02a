// `process` of config.json.
#include <limits>

#include "core/linux/names.h"
#include "core/oci/decode_parts.h"

namespace bulkhead::oci {
namespace {

// (uid_t)-1 means "unchanged" to the kernel: never an id.
constexpr std::uint32_t kNoId = std::numeric_limits<std::uint32_t>::max();

void decode_user(const JsonNode& node, User& user) {
  node.read("uid", user.uid);
  node.read("gid", user.gid);
  node.read("umask", user.umask);
  node.each("additionalGids", [&](const JsonNode& element) {
    std::uint32_t gid = 0;
    if (element.integer(gid) && element.expect(gid != kNoId, "not an id")) user.additional_gids.push_back(gid);
  });
  node.expect(user.uid != kNoId && user.gid != kNoId, "not an id");
  node.expect(user.umask.value_or(0) <= 0777, "umask beyond 0777");
  // NGROUPS_MAX.
  node.expect(user.additional_gids.size() <= 65536, "too many groups");
}

void decode_console_size(const JsonNode& node, Process& process) {
  ConsoleSize size;
  node.require("height", size.rows);
  node.require("width", size.columns);
  process.console_size = size;
}

void decode_capability_set(const JsonNode& node, const char* name, std::uint64_t& set) {
  node.each(name, [&](const JsonNode& element) {
    std::string text;
    if (!element.text(text)) return;
    const auto number = capability_number(text);
    if (element.expect(number.has_value(), "unknown capability \"" + text + "\"")) set |= std::uint64_t{1} << *number;
  });
}

void decode_capabilities(const JsonNode& node, Capabilities& capabilities) {
  decode_capability_set(node, "bounding", capabilities.bounding);
  decode_capability_set(node, "effective", capabilities.effective);
  decode_capability_set(node, "permitted", capabilities.permitted);
  decode_capability_set(node, "inheritable", capabilities.inheritable);
  decode_capability_set(node, "ambient", capabilities.ambient);
  // What the kernel can't grant (capset(2), prctl(2) PR_CAP_AMBIENT_RAISE) is no failure, says the spec; common configs list it.
  capabilities.effective &= capabilities.permitted;
  capabilities.ambient &= capabilities.permitted & capabilities.inheritable;
}

void decode_rlimit(const JsonNode& node, Process& process) {
  Rlimit& limit = process.rlimits.emplace_back();
  std::string type;
  if (node.require("type", type)) {
    const auto number = rlimit_number(type);
    if (node.expect(number.has_value(), "unknown type \"" + type + "\"")) limit.resource = *number;
  }
  node.require("soft", limit.soft);
  node.require("hard", limit.hard);
  node.expect(limit.soft <= limit.hard, "soft above hard");
  for (std::size_t i = 0; i + 1 < process.rlimits.size(); ++i)
    node.expect(process.rlimits[i].resource != limit.resource, "given twice");
}

/** execve(2) takes MAX_ARG_STRLEN (128 KiB, the NUL included) for each string. */
void check_strings(const JsonNode& node, const char* name, const std::vector<std::string>& strings) {
  constexpr std::size_t kMaxBytes = 131071;
  for (const std::string& text : strings)
    if (text.size() > kMaxBytes) return node.fail_field(name, "holds a string longer than the kernel takes (128 KiB)");
}

void decode_environment(const JsonNode& node, Process& process) {
  node.read("env", process.env);
  check_strings(node, "env", process.env);
  for (const std::string& entry : process.env)
    if (entry.find('=') == std::string::npos || entry.front() == '=')
      node.fail_field("env", "an entry is not NAME=value");
}

/** One line, as the kernel's attribute files take it. */
void decode_label(const JsonNode& node, const char* name, std::string& label) {
  constexpr std::size_t kMaxBytes = 2048;
  if (!node.read(name, label)) return;
  if (label.size() > kMaxBytes || label.find('\n') != std::string::npos) node.fail_field(name, "not a label");
}

}  // namespace

void decode_part(const JsonNode& node, Process& process) {
  node.read("terminal", process.terminal);
  node.object("consoleSize", [&](const JsonNode& size) { decode_console_size(size, process); });
  node.object("user", [&](const JsonNode& user) { decode_user(user, process.user); });
  node.read("args", process.args);
  if (process.args.empty() || process.args.front().empty()) node.fail_field("args", "empty");
  check_strings(node, "args", process.args);
  decode_environment(node, process);
  read_absolute_path(node, "cwd", process.cwd);
  node.object("capabilities", [&](const JsonNode& sets) { decode_capabilities(sets, process.capabilities); });
  node.each("rlimits", [&](const JsonNode& limit) { decode_rlimit(limit, process); });
  node.read("noNewPrivileges", process.no_new_privileges);
  if (node.read("oomScoreAdj", process.oom_score_adj) &&
      (*process.oom_score_adj < -1000 || *process.oom_score_adj > 1000))
    node.fail_field("oomScoreAdj", "not within -1000 and 1000");
  decode_label(node, "apparmorProfile", process.apparmor_profile);
  decode_label(node, "selinuxLabel", process.selinux_label);
  decode_scheduling(node, process);
}

}  // namespace bulkhead::oci
