#include "core/systemd/scope_holder.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/linux/files.h"
#include "core/systemd/manager.h"

namespace bulkhead::systemd {
namespace {

/** Never returns. Holds nothing open: somebody may wait for the end of a pipe that the launcher has. */
[[noreturn]] void hold(pid_t launcher) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have died before it could be the parent whose death counts.
  if (getppid() != launcher) _exit(1);
  syscall(SYS_close_range, 0u, ~0u, 0u);
  for (;;) pause();
}

/** That systemd has put it where the plan expects it. */
Result<void> check_place(const cgroup::Host& host, const ScopeName& scope, pid_t pid) {
  const std::string groups = BULKHEAD_TRY(read_file("/proc/" + std::to_string(pid) + "/cgroup"));
  const std::string hierarchy = host.mode() == cgroup::Mode::kV2 ? "0::" : ":name=systemd:";
  if (groups.find(hierarchy + scope.cgroup_path + "\n") != std::string::npos) return {};
  return make_error("systemd", ENOENT, scope.unit + " is not at " + scope.cgroup_path);
}

void append(std::vector<Property>& properties, std::vector<Property> more) {
  for (Property& property : more) properties.push_back(std::move(property));
}

}  // namespace

Result<ScopeHolder> ScopeHolder::start(const cgroup::Host& host, const ScopeName& scope, std::string_view id,
                                       const oci::Resources& resources) {
  std::vector<Property> limits = BULKHEAD_TRY(limit_properties(host, resources));
  append(limits, BULKHEAD_TRY(device_properties(host, resources.devices)));
  Manager manager = BULKHEAD_TRY(Manager::connect());
  const pid_t launcher = getpid();
  const pid_t pid = fork();
  if (pid < 0) return make_error("systemd", errno, "fork");
  if (pid == 0) hold(launcher);
  ScopeHolder holder(pid);
  std::vector<Property> properties = scope_properties(scope, id, pid);
  append(properties, std::move(limits));
  BULKHEAD_TRY(manager.start_scope(scope.unit, properties));
  BULKHEAD_TRY(check_place(host, scope, pid));
  return holder;
}

ScopeHolder::~ScopeHolder() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<void> update_scope(const cgroup::Host& host, const std::string& unit, const oci::Resources& resources) {
  std::vector<Property> properties = BULKHEAD_TRY(limit_properties(host, resources));
  if (!resources.devices.empty()) append(properties, BULKHEAD_TRY(device_properties(host, resources.devices)));
  if (properties.empty()) return {};
  Manager manager = BULKHEAD_TRY(Manager::connect());
  return manager.set_properties(unit, properties);
}

Result<void> stop_scope(const std::string& unit) {
  Manager manager = BULKHEAD_TRY(Manager::connect());
  return manager.stop(unit);
}

}  // namespace bulkhead::systemd
