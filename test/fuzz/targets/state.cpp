// state.json. What is read is written to what reads the same.
#include "fuzz.h"
#include "runtime/container_state.h"

using namespace bulkhead::runtime;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto state = parse_saved_json(std::string(bulkhead::fuzz::text_of(data, size)));
  if (!state) return 0;
  const std::string saved = saved_json(*state);
  const auto again = parse_saved_json(saved);
  bulkhead::fuzz::must(again.has_value() && saved_json(*again) == saved);
  return 0;
}
