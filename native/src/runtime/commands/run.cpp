// run: makes a container and starts it at once; in the foreground stays until it ends and then removes it.
#include "runtime/container_launch.h"
#include "runtime/foreground.h"
#include "runtime/hooks.h"
#include "runtime/start_container.h"

namespace bulkhead::runtime {
namespace {

Result<void> destroy(const Environment& environment, const LaunchedContainer& container) {
  return destroy_container(environment, container.host, container.config.hooks, container.directory, container.state);
}

Result<LaunchedContainer> launch_and_start(const Environment& environment, const LaunchOptions& options, int console) {
  LaunchedContainer container = BULKHEAD_TRY(launch_container(environment, options, Begin::kAtOnce, console));
  if (!waits_for_start(container, Begin::kAtOnce)) {
    const auto& hooks = container.config.hooks.poststart;
    const auto done = hooks.empty() ? Result<void>() : run_hooks(hooks, state_json(container.state, Status::kRunning));
    if (done.ok()) return container;
    (void)destroy(environment, container);
    return done.error();
  }
  BULKHEAD_TRY(start_container(environment, container.directory, container.state));
  return container;
}

Result<int> run_in_foreground(const Environment& environment, const LaunchOptions& options, bool keep) {
  Foreground foreground;
  // Made before it is known whether the config wants a terminal: two descriptors are cheaper than reading it twice.
  const int console = options.console_socket.empty() ? BULKHEAD_TRY(foreground.console()) : -1;
  const LaunchedContainer container = BULKHEAD_TRY(launch_and_start(environment, options, console));
  if (!container.config.process->terminal) foreground.forget_console();
  const int code = foreground.wait(container.state.pid);
  if (!keep) BULKHEAD_TRY(destroy(environment, container));
  return code;
}

}  // namespace

Result<int> run(const Environment& environment, std::span<const std::string_view> words) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, kLaunchOptions, Arguments::Operands::kAnywhere));
  const LaunchOptions options = BULKHEAD_TRY(launch_options(arguments));
  if (!arguments.has("detach")) return run_in_foreground(environment, options, arguments.has("keep"));
  BULKHEAD_TRY(launch_and_start(environment, options, -1));
  return 0;
}

}  // namespace bulkhead::runtime
