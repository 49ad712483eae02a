// start: executes the process of a created container.
#include "runtime/start_container.h"

#include "runtime/arguments.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {

Result<int> start(const Environment& environment, std::span<const std::string_view> words) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, {}, Arguments::Operands::kAnywhere));
  if (arguments.operands().size() != 1) return make_error("usage", 0, "\"start\" requires exactly 1 argument");
  const Found found = BULKHEAD_TRY(find_container(environment, arguments.operands().front()));
  switch (status_of(found.directory, found.state)) {
    case Status::kCreated:
      break;
    case Status::kStopped:
      return plain_error("cannot start a container that has stopped");
    case Status::kCreating:
      return plain_error("cannot start a container that is still being created");
    default:
      return plain_error("cannot start an already running container");
  }
  BULKHEAD_TRY(start_container(environment, found.directory, found.state));
  return 0;
}

}  // namespace bulkhead::runtime
