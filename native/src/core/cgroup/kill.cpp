// Ends what runs in a group, and removes the group.
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/cgroup/control.h"
#include "core/cgroup/waiting.h"
#include "core/linux/files.h"

namespace bulkhead::cgroup {
namespace {

constexpr int kKillDeadlineMs = 10000;

/** SIGKILL first, then thaw: a frozen v1 process takes the signal only once it runs again. */
void kill_once(const Host& host, const std::string& path) {
  // Linux 5.14; before, and without a v2 group, there is no such file.
  if (const Hierarchy* unified = host.unified())
    (void)write_file(unified->mount_point + path + "/cgroup.kill", "1", "cgroup-kill");
  // Also with cgroup.kill: a process may sit in a v1 group of ours without being in the v2 one.
  for (const pid_t pid : processes(host, path)) kill(pid, SIGKILL);
  if (is_frozen(host, path)) (void)freeze(host, path, false);
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
  for (const pid_t pid : processes(host, path))
    if (kill(pid, signal) != 0 && errno != ESRCH) return make_error("kill", errno, std::to_string(pid));
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

}  // namespace bulkhead::cgroup
