#include "runtime/exec_options.h"

#include "core/linux/files.h"
#include "core/linux/names.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

Result<void> add_capabilities(const std::vector<std::string>& names, oci::Capabilities& sets) {
  for (const std::string& name : names) {
    const auto number = capability_number(name);
    if (!number) return make_error("usage", 0, "unknown capability \"" + name + "\"");
    const std::uint64_t bit = std::uint64_t{1} << *number;
    for (std::uint64_t* set : {&sets.bounding, &sets.effective, &sets.permitted}) *set |= bit;
  }
  return {};
}

Result<void> add_groups(const std::vector<std::string>& groups, oci::User& user) {
  for (const std::string& text : groups) {
    const std::int64_t gid = BULKHEAD_TRY(parse_number("additional-gids", text));
    if (gid < 0 || gid >= 0xffffffff) return make_error("usage", 0, "additional-gids: " + text + " is not an id");
    user.additional_gids.push_back(static_cast<std::uint32_t>(gid));
  }
  return {};
}

/** The container's own process, changed by the options. */
Result<oci::Process> process_of_options(const Arguments& arguments, const oci::Config& config) {
  oci::Process process = *config.process;
  const auto& operands = arguments.operands();
  if (operands.size() < 2) return plain_error("process args cannot be empty");
  process.args.assign(operands.begin() + 1, operands.end());
  process.terminal = arguments.has("tty");
  process.console_size.reset();
  process.cwd = arguments.get("cwd", process.cwd);
  if (process.cwd.empty() || process.cwd.front() != '/') return make_error("usage", 0, "Cwd must be an absolute path");
  for (const std::string& entry : arguments.all("env")) process.env.push_back(entry);
  if (arguments.has("no-new-privs")) process.no_new_privileges = true;
  process.selinux_label = arguments.get("process-label", process.selinux_label);
  process.apparmor_profile = arguments.get("apparmor", process.apparmor_profile);
  BULKHEAD_TRY(add_groups(arguments.all("additional-gids"), process.user));
  BULKHEAD_TRY(add_capabilities(arguments.all("cap"), process.capabilities));
  return process;
}

}  // namespace

Result<oci::Process> wanted_process(const Arguments& arguments, const oci::Config& config) {
  if (!arguments.has("process")) return process_of_options(arguments, config);
  const std::string text = BULKHEAD_TRY(read_file(arguments.get("process")));
  return oci::decode_process(text);
}

cgroup::Subgroups subgroups(const std::vector<std::string>& words) {
  cgroup::Subgroups result;
  for (const std::string& word : words) {
    const auto colon = word.find(':');
    std::string group = word.substr(colon == std::string::npos ? 0 : colon + 1);
    while (group.starts_with('/')) group.erase(0, 1);
    while (group.ends_with('/')) group.pop_back();
    if (!group.empty()) group.insert(0, "/");
    std::string controllers = word.substr(0, colon == std::string::npos ? 0 : colon) + ",";
    for (std::size_t comma; (comma = controllers.find(',')) != std::string::npos; controllers.erase(0, comma + 1))
      result[controllers.substr(0, comma)] = group;
  }
  return result;
}

}  // namespace bulkhead::runtime
