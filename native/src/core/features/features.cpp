// The probes that need no process of their own.
#include "core/features/features.h"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "core/features/idmap_probe.h"
#include "core/linux/files.h"

namespace bulkhead {
namespace {

std::string kernel_release() {
  utsname name{};
  return uname(&name) == 0 ? name.release : "";
}

std::string boot_id() {
  auto id = read_file("/proc/sys/kernel/random/boot_id");
  return id.ok() ? id.value().substr(0, id.value().find('\n')) : "";
}

// The root group has no cgroup.kill: a group of our own must be looked into.
bool has_cgroup_kill(const cgroup::Host& host) {
  const cgroup::Hierarchy* unified = host.unified();
  if (unified == nullptr) return false;
  const std::string group = unified->mount_point + "/bulkhead-probe-" + std::to_string(getpid());
  if (mkdir(group.c_str(), 0755) != 0) return false;
  const bool has_it = path_exists(group + "/cgroup.kill");
  rmdir(group.c_str());
  return has_it;
}

}  // namespace

HostFeatures probe_features(const cgroup::Host& host, const std::string& data_directory) {
  const IdmapSupport idmap = probe_idmap(data_directory);
  return {kernel_release(),     boot_id(), idmap.mounts, idmap.overlay, path_exists("/proc/self/ns/time"),
          has_cgroup_kill(host)};
}

}  // namespace bulkhead
