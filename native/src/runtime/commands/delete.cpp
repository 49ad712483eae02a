// delete: removes what a container holds; --force kills it before.
#include <array>

#include "runtime/arguments.h"
#include "runtime/container_groups.h"
#include "runtime/container_launch.h"
#include "runtime/id_pattern.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

constexpr std::array kOptions = {Option{"force", 'f', false}, Option{"regex", 'r', false}};

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
  const cgroup::Host host = BULKHEAD_TRY(host_of(found.value().state));
  // Its creation may have been cut off before the configuration was kept.
  const auto config = load_config(found.value().directory);
  return destroy_container(environment, host, config.ok() ? config.value().hooks : oci::Hooks{},
                           found.value().directory, found.value().state);
}

}  // namespace

Result<int> delete_(const Environment& environment, std::span<const std::string_view> words) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, kOptions, Arguments::Operands::kAnywhere));
  if (arguments.operands().empty()) return make_error("usage", 0, "\"delete\" requires exactly 1 argument");
  for (const std::string& operand : arguments.operands()) {
    const std::vector<std::string> ids =
        arguments.has("regex") ? BULKHEAD_TRY(ids_matching(environment, operand)) : std::vector<std::string>{operand};
    for (const std::string& id : ids) BULKHEAD_TRY(delete_one(environment, id, arguments.has("force")));
  }
  return 0;
}

}  // namespace bulkhead::runtime
