// bulkhead-runtime: the OCI runtime command line over the core. Reads the global options and calls the command.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/version.h"
#include "runtime/arguments.h"
#include "runtime/environment.h"
#include "runtime/messages.h"
#include "runtime/user_namespace.h"

namespace bulkhead::runtime {
namespace {

struct NamedCommand {
  std::string_view name;
  Command command;
  const char* help;
};
constexpr std::array kCommands = {
    NamedCommand{"checkpoint", checkpoint, "not supported"},
    NamedCommand{"create", create, "create a container: its process waits for start"},
    NamedCommand{"delete", delete_, "remove what a container holds"},
    NamedCommand{"events", events, "show a container's statistics and out-of-memory events"},
    NamedCommand{"exec", exec, "execute another process in a running container"},
    NamedCommand{"features", features, "show what this runtime can do, as JSON"},
    NamedCommand{"kill", kill_, "send a signal to a container's init process (SIGTERM)"},
    NamedCommand{"list", list, "list the containers"},
    NamedCommand{"pause", pause, "freeze all processes of a container"},
    NamedCommand{"ps", ps, "list the processes of a container"},
    NamedCommand{"restore", restore, "not supported"},
    NamedCommand{"resume", resume, "thaw a paused container"},
    NamedCommand{"run", run, "create and start a container"},
    NamedCommand{"spec", spec, "write a new config.json"},
    NamedCommand{"start", start, "execute the process of a created container"},
    NamedCommand{"state", state, "show a container's state, as JSON"},
    NamedCommand{"update", update, "change a container's limits"},
};

constexpr std::array kOptions = {
    Option{"root", 0, true},
    Option{"log", 0, true},
    Option{"log-format", 0, true},
    Option{"debug", 0, false},
    Option{"systemd-cgroup", 0, false},
    Option{"cgroup-manager", 0, true},
    Option{"rootless", 0, true},
    Option{"criu", 0, true},
    Option{"version", 'v', false},
    Option{"version", 'V', false},
    Option{"help", 'h', false},
};

int print_version() {
  std::printf("bulkhead-runtime version %s\ncommit: %s\nspec: %s\n+SYSTEMD +CAP +SECCOMP +EBPF\n", kVersion, kVersion,
              kSpecVersion);
  return 0;
}

int print_help() {
  std::printf(
      "bulkhead-runtime runs containers as the OCI runtime specification describes them.\n\n"
      "usage: bulkhead-runtime [global options] COMMAND [options] [arguments]\n\ncommands:\n");
  for (const NamedCommand& entry : kCommands) std::printf("  %-10s %s\n", std::string(entry.name).c_str(), entry.help);
  std::printf(
      "\nglobal options:\n"
      "  --root DIR                where the state is kept (/run/bulkhead-runtime; an ordinary user's: in "
      "$XDG_RUNTIME_DIR)\n"
      "  --log FILE                where errors are written (beside standard error); also syslog:NAME, journald:NAME\n"
      "  --log-format text|json    how they are written there\n"
      "  --systemd-cgroup          containers get a scope of systemd's (as --cgroup-manager systemd)\n"
      "  --cgroup-manager NAME     cgroupfs, systemd; disabled: containers stay in the caller's groups, without "
      "limits\n"
      "  --rootless true|false|auto\n"
      "                            do without groups that the caller may not make, and make an ordinary user root of "
      "a\n"
      "                            user namespace (auto: unless it is the host's root)\n"
      "  --debug, --criu PROGRAM   accepted\n"
      "  --version, -v             show the version\n"
      "  --help, -h                show this\n");
  return 0;
}

Result<void> choose_cgroup_manager(const Arguments& arguments, Environment& environment) {
  const std::string manager = arguments.get("cgroup-manager", arguments.has("systemd-cgroup") ? "systemd" : "cgroupfs");
  if (manager != "cgroupfs" && manager != "systemd" && manager != "disabled")
    return make_error("usage", 0, "unknown cgroup manager \"" + manager + "\": cgroupfs, systemd or disabled");
  environment.uses_systemd = manager == "systemd";
  environment.has_groups = manager != "disabled";
  return {};
}

Result<void> choose_rootless(const Arguments& arguments, Environment& environment) {
  const std::string wanted = arguments.get("rootless", "auto");
  const bool is_true = wanted == "true" || wanted == "1";
  if (!is_true && wanted != "auto" && wanted != "false" && wanted != "0")
    return make_error("usage", 0, "invalid value \"" + wanted + "\" for rootless: true, false or auto");
  environment.makes_namespace = is_true || wanted == "auto";
  environment.tolerates_missing_groups = is_true || (wanted == "auto" && (geteuid() != 0 || is_in_user_namespace()));
  return {};
}

/** An ordinary user's own, where his session has a place for such things. */
std::string default_root() {
  const char* runtime_directory = geteuid() == 0 ? nullptr : std::getenv("XDG_RUNTIME_DIR");
  if (runtime_directory == nullptr || *runtime_directory != '/') return kDefaultRoot;
  return std::string(runtime_directory) + "/bulkhead-runtime";
}

Result<void> apply(const Arguments& arguments, Environment& environment) {
  environment.root = arguments.get("root", default_root());
  environment.log = arguments.get("log");
  environment.debug = arguments.has("debug");
  const std::string format = arguments.get("log-format", "text");
  if (format != "text" && format != "json") return make_error("usage", 0, "unknown log-format \"" + format + "\"");
  environment.is_json_log = format == "json";
  if (environment.log.starts_with("file:")) environment.log.erase(0, 5);
  BULKHEAD_TRY(choose_rootless(arguments, environment));
  return choose_cgroup_manager(arguments, environment);
}

Result<int> dispatch(std::span<const std::string_view> words, Environment& environment) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, kOptions, Arguments::Operands::kEndOptions));
  if (arguments.has("version")) return print_version();
  const std::vector<std::string>& operands = arguments.operands();
  if (arguments.has("help") || operands.empty() || operands.front() == "help") return print_help();
  BULKHEAD_TRY(apply(arguments, environment));
  for (const NamedCommand& entry : kCommands)
    if (entry.name == operands.front()) return entry.command(environment, words.subspan(arguments.used() + 1));
  return make_error("usage", 0, "No help topic for '" + operands.front() + "'");
}

/** exec tells its own failure from its process's exit code 1, as with the field's runtimes. */
int failure_status(std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), "exec") != words.end() ? 255 : 1;
}

int run_program(std::span<const std::string_view> words) {
  Environment environment;
  const Result<int> status = dispatch(words, environment);
  if (status.ok()) return status.value();
  if (status.error().step == "help") return print_help();
  report_error(environment, message_of(status.error()));
  return failure_status(words);
}

}  // namespace
}  // namespace bulkhead::runtime

int main(int count, char** values) {
  // Called with no name at all (CVE-2021-4034's way in): nothing to do for such a caller.
  if (count < 1) return 2;
  const std::vector<std::string_view> words(values + 1, values + count);
  return bulkhead::runtime::run_program(words);
}
