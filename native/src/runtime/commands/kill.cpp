// kill: a signal for the container's process, or for all of its processes.
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "core/core.h"
#include "core/linux/names.h"
#include "runtime/arguments.h"
#include "runtime/container_groups.h"
#include "runtime/container_launch.h"
#include "runtime/id_pattern.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

constexpr std::array kOptions = {Option{"all", 'a', false}, Option{"regex", 'r', false}};

/** By pidfd, checked after it is open: no other process that got the pid meanwhile is hit. */
Result<void> signal_process(const ContainerState& state, int signal) {
  const UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, state.pid, 0)));
  if (!pidfd || !is_alive(state.pid, state.start_time_ticks)) return plain_error("container not running");
  if (syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0) return {};
  if (errno == ESRCH) return plain_error("container not running");
  return make_error("kill", errno, std::to_string(state.pid));
}

/** Without a pid namespace of its own, the end of the first process does not end the others. */
bool shares_pid_namespace(const StateDirectory& directory) {
  const auto config = load_config(directory);
  return config.ok() && config.value().linux_.find_namespace(CLONE_NEWPID) == nullptr;
}

Result<void> send(const Found& found, const cgroup::Host& host, int signal, bool all) {
  if (!all || found.state.cgroup_path.empty()) return signal_process(found.state, signal);
  return cgroup::signal_all(host, found.state.cgroup_path, signal);
}

Result<void> kill_one(const Environment& environment, const std::string& id, int signal, bool wants_all) {
  const Found found = BULKHEAD_TRY(find_container(environment, id));
  const cgroup::Host host = BULKHEAD_TRY(host_of(found.state));
  const bool all = wants_all || (signal == SIGKILL && shares_pid_namespace(found.directory));
  BULKHEAD_TRY(send(found, host, signal, all));
  // A frozen v1 process takes even SIGKILL only once it runs again, and would block its pid namespace for ever.
  if (signal == SIGKILL && cgroup::is_frozen(host, found.state.cgroup_path))
    BULKHEAD_TRY(cgroup::freeze(host, found.state.cgroup_path, false));
  return {};
}

}  // namespace

Result<int> kill_(const Environment& environment, std::span<const std::string_view> words) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, kOptions, Arguments::Operands::kAnywhere));
  const auto& operands = arguments.operands();
  if (operands.empty() || operands.size() > 2)
    return make_error("usage", 0, "\"kill\" requires a minimum of 1 and a maximum of 2 arguments");
  const std::string name = operands.size() == 2 ? operands[1] : "SIGTERM";
  const auto signal = signal_number(name);
  if (!signal && name != "0") return plain_error("unknown signal \"" + name + "\"");
  const std::vector<std::string> ids = arguments.has("regex")
                                           ? BULKHEAD_TRY(ids_matching(environment, operands.front()))
                                           : std::vector<std::string>{operands.front()};
  for (const std::string& id : ids) BULKHEAD_TRY(kill_one(environment, id, signal.value_or(0), arguments.has("all")));
  return 0;
}

}  // namespace bulkhead::runtime
