// ps: the processes of a container, as the host numbers them.
#include <sys/stat.h>

#include <array>
#include <cstdio>

#include "core/core.h"
#include "core/linux/files.h"
#include "runtime/arguments.h"
#include "runtime/container_groups.h"
#include "runtime/container_state.h"
#include "runtime/process_table.h"

namespace bulkhead::runtime {
namespace {

constexpr std::array kOptions = {Option{"format", 'f', true}};

void print_json(const std::vector<pid_t>& pids) {
  std::printf("[");
  for (std::size_t i = 0; i < pids.size(); ++i) std::printf("%s%d", i == 0 ? "" : ",", pids[i]);
  std::printf("]\n");
}

/** The command line; of a process without one its name. */
std::string command_of(const std::string& directory) {
  auto text = read_file(directory + "/cmdline");
  if (!text.ok()) return {};
  std::string command = text.take();
  if (command.empty())
    return read_file(directory + "/comm").ok() ? "[" + read_file(directory + "/comm").take() + "]" : std::string();
  for (char& c : command)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return command;
}

void print_table(const std::vector<pid_t>& pids) {
  std::printf("%-10s %-10s CMD\n", "UID", "PID");
  for (const pid_t pid : pids) {
    const std::string directory = "/proc/" + std::to_string(pid);
    struct stat status {};
    if (stat(directory.c_str(), &status) != 0) continue;
    std::printf("%-10u %-10d %s\n", status.st_uid, pid, command_of(directory).c_str());
  }
}

/** What follows the ID is ps(1)'s; but --format is ours, wherever it stands. */
struct Wanted {
  std::string id;
  std::string format;
  std::vector<std::string> ps_options;
};

Result<Wanted> wanted(std::span<const std::string_view> words) {
  const Arguments arguments = BULKHEAD_TRY(Arguments::parse(words, kOptions, Arguments::Operands::kEndOptions));
  const auto& operands = arguments.operands();
  if (operands.empty()) return make_error("usage", 0, "\"ps\" requires a minimum of 1 argument");
  Wanted result{operands.front(), arguments.get("format", "table"), {}};
  for (std::size_t i = 1; i < operands.size(); ++i) {
    if (operands[i].starts_with("--format="))
      result.format = operands[i].substr(9);
    else if (operands[i] == "--format" && i + 1 < operands.size())
      result.format = operands[++i];
    else
      result.ps_options.push_back(operands[i]);
  }
  if (result.format == "table" || result.format == "json") return result;
  return make_error("usage", 0, "invalid format option");
}

}  // namespace

Result<int> ps(const Environment& environment, std::span<const std::string_view> words) {
  const Wanted options = BULKHEAD_TRY(wanted(words));
  const Found found = BULKHEAD_TRY(find_container(environment, options.id));
  BULKHEAD_TRY(require_groups(found.state));
  const cgroup::Host host = BULKHEAD_TRY(host_of(found.state));
  const std::vector<pid_t> pids = cgroup::processes(host, found.state.cgroup_path);
  if (options.format == "table" && !options.ps_options.empty())
    BULKHEAD_TRY(print_process_table(options.ps_options, pids));
  else
    options.format == "json" ? print_json(pids) : print_table(pids);
  return 0;
}

}  // namespace bulkhead::runtime
