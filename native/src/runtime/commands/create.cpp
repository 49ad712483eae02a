// create: makes a container whose process waits for `start`.
#include "runtime/container_launch.h"

namespace bulkhead::runtime {

Result<int> create(const Environment& environment, std::span<const std::string_view> words) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, kLaunchOptions, Arguments::Operands::kAnywhere));
  const LaunchOptions options = BULKHEAD_TRY(launch_options(arguments));
  BULKHEAD_TRY(launch_container(environment, options, Begin::kWhenStarted, -1));
  return 0;
}

}  // namespace bulkhead::runtime
