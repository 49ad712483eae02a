#include "runtime/start_container.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/container_groups.h"
#include "runtime/container_launch.h"
#include "runtime/hooks.h"
#include "runtime/messages.h"
#include "runtime/process_launch.h"

namespace bulkhead::runtime {
namespace {

/** What is launched inherits the caller's standard input: for as long as this lives that is the state. */
class StateAsInput {
 public:
  explicit StateAsInput(const std::string& state) : saved_(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) {
    const UniqueFd file = state_file(state);
    // Opened anew, for reading only: the hook is the container's program.
    const UniqueFd input(open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDONLY | O_CLOEXEC));
    if (input) dup2(input.get(), STDIN_FILENO);
  }
  ~StateAsInput() {
    if (saved_)
      dup2(saved_.get(), STDIN_FILENO);
    else
      close(STDIN_FILENO);
  }
  StateAsInput(const StateAsInput&) = delete;
  StateAsInput& operator=(const StateAsInput&) = delete;

 private:
  UniqueFd saved_;
};

/** A hook's path is one of the container's: it is executed there, with all that confines the container's process. */
Result<void> run_in_container(const oci::Hook& hook, const oci::Config& config, const ContainerState& state) {
  const cgroup::Host host = BULKHEAD_TRY(host_of(state));
  oci::Process process = *config.process;
  process.args = hook_arguments(hook);
  process.args.front() = hook.path;
  process.env = hook.env;
  process.cwd = "/";
  process.terminal = false;
  const StateAsInput input(state_json(state, Status::kCreated));
  const LaunchOutcome outcome = BULKHEAD_TRY(launch_process(host, config, std::move(process), state, {}));
  return await_hook(hook, outcome.pid);
}

Result<void> release(const StateDirectory& directory) {
  // Without a reader (the process has died) this fails with ENXIO instead of waiting.
  const UniqueFd fifo(open(directory.fifo_path().c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  if (!fifo) return make_error("state", errno, directory.fifo_path());
  if (write(fifo.get(), "s", 1) != 1) return make_error("state", errno, directory.fifo_path());
  unlink(directory.fifo_path().c_str());
  return {};
}

Result<void> start_with_hooks(const oci::Config& config, const StateDirectory& directory, const ContainerState& state) {
  for (const oci::Hook& hook : config.hooks.start_container) BULKHEAD_TRY(run_in_container(hook, config, state));
  BULKHEAD_TRY(release(directory));
  return run_hooks(config.hooks.poststart, state_json(state, Status::kRunning));
}

}  // namespace

Result<void> start_container(const Environment& environment, const StateDirectory& directory,
                             const ContainerState& state) {
  const oci::Config config = BULKHEAD_TRY(load_config(directory));
  if (config.hooks.start_container.empty() && config.hooks.poststart.empty()) return release(directory);
  auto started = start_with_hooks(config, directory, state);
  if (started.ok()) return started;
  const cgroup::Host host = BULKHEAD_TRY(host_of(state));
  (void)destroy_container(environment, host, config.hooks, directory, state);
  return started;
}

}  // namespace bulkhead::runtime
