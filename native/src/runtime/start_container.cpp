#include "runtime/start_container.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/container_launch.h"
#include "runtime/hooks.h"
#include "runtime/messages.h"
#include "runtime/process_launch.h"

namespace bulkhead::runtime {
namespace {

/** A hook's path is one of the container's: it is executed there, as root and with the container's confinement. */
Result<void> run_in_container(const oci::Hook& hook, const oci::Config& config, const ContainerState& state) {
  const cgroup::Host host = BULKHEAD_TRY(cgroup::probe_host());
  oci::Process process = *config.process;
  process.args = hook.args.empty() ? std::vector<std::string>{hook.path} : hook.args;
  process.args.front() = hook.path;
  process.env = hook.env;
  process.cwd = "/";
  process.terminal = false;
  const LaunchOutcome outcome = BULKHEAD_TRY(launch_process(host, config, std::move(process), state, {}));
  int status = 0;
  while (waitpid(outcome.pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return plain_error("error running startContainer hook " + hook.path);
}

}  // namespace

Result<void> start_container(const StateDirectory& directory, const ContainerState& state) {
  const oci::Config config = BULKHEAD_TRY(load_config(directory));
  for (const oci::Hook& hook : config.hooks.start_container) BULKHEAD_TRY(run_in_container(hook, config, state));
  // Without a reader (the process has died) this fails with ENXIO instead of waiting.
  const UniqueFd fifo(open(directory.fifo_path().c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  if (!fifo) return make_error("state", errno, directory.fifo_path());
  if (write(fifo.get(), "s", 1) != 1) return make_error("state", errno, directory.fifo_path());
  unlink(directory.fifo_path().c_str());
  run_hooks(config.hooks.poststart, state_json(state, Status::kRunning));
  return {};
}

}  // namespace bulkhead::runtime
