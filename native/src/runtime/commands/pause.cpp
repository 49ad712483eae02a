// pause and resume: the container's freezer.
#include "core/core.h"
#include "runtime/arguments.h"
#include "runtime/container_groups.h"
#include "runtime/container_state.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

Result<int> set_frozen(const Environment& environment, std::span<const std::string_view> words, bool frozen) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, {}, Arguments::Operands::kAnywhere));
  if (arguments.operands().size() != 1)
    return make_error("usage", 0, "exactly 1 argument is required: the container's ID");
  const Found found = BULKHEAD_TRY(find_container(environment, arguments.operands().front()));
  const Status status = status_of(found.directory, found.state);
  const bool fits = frozen ? status == Status::kRunning || status == Status::kCreated : status == Status::kPaused;
  if (!fits)
    return plain_error(frozen ? "container not running or created: " + std::string(status_name(status))
                              : "container not paused");
  BULKHEAD_TRY(require_groups(found.state));
  const cgroup::Host host = BULKHEAD_TRY(host_of(found.state));
  BULKHEAD_TRY(cgroup::freeze(host, found.state.cgroup_path, frozen));
  return 0;
}

}  // namespace

Result<int> pause(const Environment& environment, std::span<const std::string_view> words) {
  return set_frozen(environment, words, true);
}
Result<int> resume(const Environment& environment, std::span<const std::string_view> words) {
  return set_frozen(environment, words, false);
}

}  // namespace bulkhead::runtime
