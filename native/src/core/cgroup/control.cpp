#include "core/cgroup/control.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "core/linux/files.h"

namespace bulkhead::cgroup {
namespace {

void append_pids(const std::string& text, std::vector<pid_t>& pids) {
  const char* at = text.data();
  const char* end = at + text.size();
  while (at < end) {
    pid_t pid = 0;
    const auto [next, failure] = std::from_chars(at, end, pid);
    if (failure == std::errc() && pid > 0) pids.push_back(pid);
    at = next + 1;
  }
}

void collect_pids(const Host& host, const std::string& directory, std::vector<pid_t>& pids) {
  append_pids(host.read(directory + "/cgroup.procs"), pids);
  for (const std::string& name : subdirectories(directory)) collect_pids(host, directory + "/" + name, pids);
}

}  // namespace

std::vector<pid_t> processes(const Host& host, const std::string& path) {
  std::vector<pid_t> pids;
  // In every hierarchy: a process that was moved out of one group is still in the others.
  for (const Hierarchy& hierarchy : host.hierarchies) collect_pids(host, hierarchy.mount_point + path, pids);
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  return pids;
}

std::vector<std::string> children(const Host& host, const std::string& path) {
  std::vector<std::string> names;
  for (const Hierarchy& hierarchy : host.hierarchies)
    for (std::string& name : subdirectories(hierarchy.mount_point + path)) names.push_back(std::move(name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool exists(const Host& host, const std::string& path) {
  return std::any_of(host.hierarchies.begin(), host.hierarchies.end(),
                     [&](const Hierarchy& hierarchy) { return path_exists(hierarchy.mount_point + path); });
}

Result<void> make_room(const Host& host) {
  constexpr std::string_view kContainers = "/containers";
  if (host.mode() != Mode::kV2 || !host.root.ends_with(kContainers)) return {};
  const std::string delegated =
      host.unified()->mount_point + host.root.substr(0, host.root.size() - kContainers.size());
  std::vector<pid_t> pids;
  append_pids(host.read(delegated + "/cgroup.procs"), pids);
  if (pids.empty()) return {};
  const std::string leaf = delegated + "/service";
  if (mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST) return make_error("cgroup-create", errno, leaf);
  for (const pid_t pid : pids) {
    auto moved = write_file(leaf + "/cgroup.procs", std::to_string(pid), "cgroup-join");
    if (!moved.ok() && moved.error().number != ESRCH) return moved.error();
  }
  return {};
}

}  // namespace bulkhead::cgroup
