// delete: removes what a container holds; --force kills it before.
#include <regex.h>

#include <array>

#include "runtime/arguments.h"
#include "runtime/container_launch.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

constexpr std::array kOptions = {Option{"force", 'f', false}, Option{"regex", 0, false}};

Result<void> delete_one(const Environment& environment, const std::string& id, bool force) {
  auto found = find_container(environment, id);
  if (!found.ok()) {
    // What is not there need not be removed.
    if (force && found.error().object == "container does not exist") return {};
    return found.error();
  }
  const Status status = status_of(found.value().directory, found.value().state);
  // A created container's process has executed nothing yet: it goes without force, as with the field's runtimes.
  const bool may_go = force || status == Status::kStopped || status == Status::kCreated;
  if (!may_go) return plain_error("cannot delete container " + id + " that is not stopped: " + status_name(status));
  const cgroup::Host host = BULKHEAD_TRY(cgroup::probe_host());
  // Its creation may have been cut off before the configuration was kept.
  const auto config = load_config(found.value().directory);
  return destroy_container(environment, host, config.ok() ? config.value().hooks : oci::Hooks{}, found.value().directory,
                           found.value().state);
}

/** The containers whose ids hold what `expression` (regex(7), extended) describes. */
Result<std::vector<std::string>> matching(const Environment& environment, const std::string& expression) {
  regex_t compiled;
  if (regcomp(&compiled, expression.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    return make_error("usage", 0, "invalid regular expression \"" + expression + "\"");
  std::vector<std::string> ids;
  for (const std::string& id : container_ids(environment.root))
    if (regexec(&compiled, id.c_str(), 0, nullptr, 0) == 0) ids.push_back(id);
  regfree(&compiled);
  return ids;
}

}  // namespace

Result<int> delete_(const Environment& environment, std::span<const std::string_view> words) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, kOptions, Arguments::Operands::kAnywhere));
  if (arguments.operands().empty()) return make_error("usage", 0, "\"delete\" requires exactly 1 argument");
  for (const std::string& operand : arguments.operands()) {
    const std::vector<std::string> ids = arguments.has("regex") ? BULKHEAD_TRY(matching(environment, operand))
                                                                : std::vector<std::string>{operand};
    for (const std::string& id : ids) BULKHEAD_TRY(delete_one(environment, id, arguments.has("force")));
  }
  return 0;
}

}  // namespace bulkhead::runtime
