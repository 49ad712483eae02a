// exec: one more process in a running container.
#include <array>

#include "runtime/arguments.h"
#include "runtime/container_groups.h"
#include "runtime/container_launch.h"
#include "runtime/exec_options.h"
#include "runtime/foreground.h"
#include "runtime/messages.h"
#include "runtime/pidfd_socket.h"
#include "runtime/process_launch.h"

namespace bulkhead::runtime {
namespace {

constexpr std::array kOptions = {
    Option{"detach", 'd', false},
    Option{"tty", 't', false},
    Option{"env", 'e', true},
    Option{"user", 'u', true},
    Option{"cwd", 0, true},
    Option{"process", 'p', true},
    Option{"pid-file", 0, true},
    Option{"console-socket", 0, true},
    Option{"cap", 'c', true},
    Option{"no-new-privs", 0, false},
    Option{"preserve-fds", 0, true},
    Option{"ignore-paused", 0, false},
    Option{"additional-gids", 'g', true},
    Option{"no-subreaper", 0, false},
    Option{"process-label", 0, true},
    Option{"apparmor", 0, true},
    Option{"cgroup", 0, true},
    Option{"pidfd-socket", 0, true},
};

Result<void> check_status(const Found& found, const cgroup::Host& host, bool ignore_paused) {
  const Status status = status_of(found.directory, found.state, host);
  if (status == Status::kStopped || status == Status::kCreating)
    return plain_error("cannot exec in a stopped container");
  if (status == Status::kPaused && !ignore_paused)
    return plain_error("cannot exec in a paused container (use --ignore-paused to override)");
  return {};
}

Result<std::vector<int>> preserved(const Arguments& arguments) {
  const std::int64_t count = BULKHEAD_TRY(parse_number("preserve-fds", arguments.get("preserve-fds", "0")));
  if (count < 0 || count > 64) return make_error("usage", 0, "preserve-fds: not within 0 and 64");
  std::vector<int> fds;
  for (int fd = 3; fd < 3 + count; ++fd) fds.push_back(fd);
  return fds;
}

/** Launches it, and tells whoever was named with --pid-file and --pidfd-socket. */
Result<pid_t> launch(const Arguments& arguments, const Found& found, const cgroup::Host& host,
                     const oci::Config& config, oci::Process process, const ProcessOptions& options) {
  UniqueFd pidfd_socket;
  if (arguments.has("pidfd-socket")) pidfd_socket = BULKHEAD_TRY(connect_socket(arguments.get("pidfd-socket")));
  const LaunchOutcome outcome = BULKHEAD_TRY(launch_process(host, config, std::move(process), found.state, options));
  BULKHEAD_TRY(write_pid_file(arguments.get("pid-file"), outcome.pid));
  BULKHEAD_TRY(send_pidfd(pidfd_socket.get(), outcome.pid));
  return outcome.pid;
}

Result<int> exec_detached(const Arguments& arguments, const Found& found, const cgroup::Host& host,
                          const oci::Config& config, oci::Process process, ProcessOptions options) {
  UniqueFd console;
  if (process.terminal) {
    if (!arguments.has("console-socket"))
      return plain_error("cannot allocate tty if runc will detach without setting console socket");
    console = BULKHEAD_TRY(connect_socket(arguments.get("console-socket")));
    options.console_socket = console.get();
  }
  BULKHEAD_TRY(launch(arguments, found, host, config, std::move(process), options));
  return 0;
}

Result<int> exec_in_foreground(const Arguments& arguments, const Found& found, const cgroup::Host& host,
                               const oci::Config& config, oci::Process process, ProcessOptions options) {
  Foreground foreground;
  UniqueFd console;
  if (process.terminal && arguments.has("console-socket")) {
    console = BULKHEAD_TRY(connect_socket(arguments.get("console-socket")));
    options.console_socket = console.get();
  } else if (process.terminal) {
    options.console_socket = BULKHEAD_TRY(foreground.console());
  }
  const pid_t pid = BULKHEAD_TRY(launch(arguments, found, host, config, std::move(process), options));
  return foreground.wait(pid);
}

}  // namespace

Result<int> exec(const Environment& environment, std::span<const std::string_view> words) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, kOptions, Arguments::Operands::kEndOptions));
  if (arguments.operands().empty()) return make_error("usage", 0, "\"exec\" requires a minimum of 1 argument");
  const Found found = BULKHEAD_TRY(find_container(environment, arguments.operands().front()));
  const cgroup::Host host = BULKHEAD_TRY(host_of(found.state));
  BULKHEAD_TRY(check_status(found, host, arguments.has("ignore-paused")));
  const oci::Config config = BULKHEAD_TRY(load_config(found.directory));
  oci::Process process = BULKHEAD_TRY(wanted_process(arguments, config));
  ProcessOptions options;
  if (arguments.has("user")) options.user = arguments.get("user");
  options.subgroups = subgroups(arguments.all("cgroup"));
  options.preserved = BULKHEAD_TRY(preserved(arguments));
  if (arguments.has("detach"))
    return exec_detached(arguments, found, host, config, std::move(process), std::move(options));
  return exec_in_foreground(arguments, found, host, config, std::move(process), std::move(options));
}

}  // namespace bulkhead::runtime
