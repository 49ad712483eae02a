// state: the container's state as the runtime-spec has it.
#include <cstdio>

#include "runtime/arguments.h"
#include "runtime/container_state.h"

namespace bulkhead::runtime {

Result<int> state(const Environment& environment, std::span<const std::string_view> words) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, {}, Arguments::Operands::kAnywhere));
  if (arguments.operands().size() != 1) return make_error("usage", 0, "\"state\" requires exactly 1 argument");
  const Found found = BULKHEAD_TRY(find_container(environment, arguments.operands().front()));
  std::printf("%s\n", state_json(found.state, status_of(found.directory, found.state)).c_str());
  return 0;
}

}  // namespace bulkhead::runtime
