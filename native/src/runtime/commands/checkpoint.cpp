// checkpoint and restore: the field's runtimes do them through CRIU. This one does not, and says so.
#include "runtime/environment.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {

Result<int> checkpoint(const Environment&, std::span<const std::string_view>) {
  return plain_error("checkpoint is not supported: bulkhead-runtime does not use CRIU");
}
Result<int> restore(const Environment&, std::span<const std::string_view>) {
  return plain_error("restore is not supported: bulkhead-runtime does not use CRIU");
}

}  // namespace bulkhead::runtime
