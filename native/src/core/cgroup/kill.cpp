// Ends what runs in a group, and removes the group.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <span>
#include <utility>
#include <vector>

#include "core/cgroup/control.h"
#include "core/cgroup/waiting.h"
#include "core/descriptor/process.h"
#include "core/descriptor/unique_fd.h"
#include "core/linux/files.h"

namespace bulkhead::cgroup {
namespace {

constexpr int kKillDeadlineMs = 10000;
constexpr int kEmptyDeadlineMs = 500;

using Member = std::pair<pid_t, UniqueFd>;
constexpr std::size_t kBatch = 128;

/**
 * Signals the processes of `first … last` that still are in the group once their pidfds are open: no stranger that has got the
 * pid of one that has just ended. Error: of the first that could not be signalled, though it lives.
 */
Result<void> signal_members(const Host& host, const std::string& path, std::span<const pid_t> pids, int signal) {
  std::vector<Member> members;
  for (const pid_t pid : pids)
    if (UniqueFd pidfd = open_pidfd(pid)) members.emplace_back(pid, std::move(pidfd));
  const std::vector<pid_t> still = processes(host, path);
  Result<void> result;
  for (const auto& [pid, pidfd] : members) {
    if (!std::binary_search(still.begin(), still.end(), pid)) continue;
    if (syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) != 0 && errno != ESRCH && result.ok())
      result = make_error("kill", errno, std::to_string(pid));
  }
  return result;
}

/** SIGKILL first, then thaw: a frozen v1 process takes the signal only once it runs again. */
void kill_once(const Host& host, const std::string& path) {
  // Linux 5.14; before, and without a v2 group, there is no such file.
  if (const Hierarchy* unified = host.unified())
    (void)write_file(unified->mount_point + path + "/cgroup.kill", "1", "cgroup-kill");
  // Also with cgroup.kill: a process may sit in a v1 group of ours without being in the v2 one.
  (void)signal_all(host, path, SIGKILL);
  thaw_all(host, path);
}

Result<void> remove_tree(const std::string& directory) {
  for (const std::string& name : subdirectories(directory)) BULKHEAD_TRY(remove_tree(directory + "/" + name));
  // The last process may be dead and not yet gone from the group: EBUSY for a moment.
  int number = 0;
  const bool done = wait_until(kKillDeadlineMs, [&] {
    number = rmdir(directory.c_str()) == 0 ? 0 : errno;
    return number != EBUSY;
  });
  if (done && (number == 0 || number == ENOENT)) return {};
  return make_error("cgroup-remove", number, directory);
}

}  // namespace

Result<void> kill_all(const Host& host, const std::string& path) {
  if (!exists(host, path)) return {};
  const bool done = wait_until(kKillDeadlineMs, [&] {
    if (processes(host, path).empty()) return true;
    kill_once(host, path);
    return processes(host, path).empty();
  });
  if (!done) return make_error("cgroup-kill", ETIMEDOUT, path);
  return {};
}

Result<void> signal_all(const Host& host, const std::string& path, int signal) {
  const std::vector<pid_t> pids = processes(host, path);
  const std::span<const pid_t> all(pids);
  for (std::size_t at = 0; at < all.size(); at += kBatch)
    BULKHEAD_TRY(signal_members(host, path, all.subspan(at, std::min(kBatch, all.size() - at)), signal));
  return {};
}

Result<void> remove(const Host& host, const std::string& path) {
  // Most often all processes have ended already: then nothing needs to be looked for.
  bool is_gone = true;
  for (const Hierarchy& hierarchy : host.hierarchies)
    is_gone &= rmdir((hierarchy.mount_point + path).c_str()) == 0 || errno == ENOENT;
  if (is_gone) return {};
  BULKHEAD_TRY(kill_all(host, path));
  Error first;
  for (const Hierarchy& hierarchy : host.hierarchies) {
    const std::string directory = hierarchy.mount_point + path;
    if (!path_exists(directory)) continue;
    const auto removed = remove_tree(directory);
    if (!removed.ok() && first.step.empty()) first = removed.error();
  }
  if (!first.step.empty()) return first;
  return {};
}

void remove_if_empty(const Host& host, const std::string& path) {
  if (path.empty()) return;
  for (const Hierarchy& hierarchy : host.hierarchies) {
    const std::string directory = hierarchy.mount_point + path;
    // What has just been killed may not be gone yet.
    (void)wait_until(kEmptyDeadlineMs, [&] { return rmdir(directory.c_str()) == 0 || errno != EBUSY; });
  }
}

}  // namespace bulkhead::cgroup
