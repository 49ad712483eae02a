// Changes the limits of a running container: all of them, or none.
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "core/cgroup/control.h"
#include "core/cgroup/device_update.h"
#include "core/cgroup/limits.h"
#include "core/cgroup/value_before.h"
#include "core/linux/files.h"

namespace bulkhead::cgroup {
namespace {

/** v2: the controller is switched on in every group above, from the top. */
Result<void> hand_down(const std::string& path, const Limit& limit) {
  std::size_t slash = 0;
  do {
    const std::string file = limit.hierarchy->mount_point + path.substr(0, slash) + "/cgroup.subtree_control";
    BULKHEAD_TRY(write_file(file, "+" + limit.controller, "cgroup-limit"));
    slash = path.find('/', slash + 1);
  } while (slash != std::string::npos);
  return {};
}

/** v1: a cpuset group is born without processors and memory nodes. */
Result<void> inherit_cpuset(const Host& host, const std::string& group) {
  for (const char* file : {"/cpuset.cpus", "/cpuset.mems"})
    if (host.read(group + file).size() <= 1)
      BULKHEAD_TRY(write_file(group + file, host.read(group + "/.." + file), "cgroup-create"));
  return {};
}

/** v1: a group in one more hierarchy, joined by all processes. Writing pids is slow (RCU), and rare. */
Result<void> make_group(const Host& host, const std::string& path, const Hierarchy& hierarchy) {
  const std::vector<pid_t> pids = processes(host, path);
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string group = hierarchy.mount_point + path.substr(0, slash);
    if (mkdir(group.c_str(), 0755) != 0 && errno != EEXIST) return make_error("cgroup-create", errno, group);
    if (hierarchy.has("cpuset")) BULKHEAD_TRY(inherit_cpuset(host, group));
    if (slash == std::string::npos) break;
  }
  for (const pid_t pid : pids) {
    auto joined = write_file(hierarchy.mount_point + path + "/cgroup.procs", std::to_string(pid), "cgroup-join");
    if (!joined.ok() && joined.error().number != ESRCH) return joined.error();
  }
  return {};
}

/** A limit whose file the container has not got: its controller was not needed before. */
Result<void> ensure_controller(const Host& host, const std::string& path, const Limit& limit) {
  const std::string directory = limit.hierarchy->mount_point + path;
  if (!limit.hierarchy->is_v2)
    return path_exists(directory) ? Result<void>() : make_group(host, path, *limit.hierarchy);
  return path_exists(directory + "/" + limit.file) ? Result<void>() : hand_down(path, limit);
}

Result<void> check_before_update(const Host& host, const std::string& path, const oci::MemoryResources& memory) {
  const Hierarchy* hierarchy = host.find("memory");
  if (!memory.check_before_update || memory.limit.value_or(-1) <= 0 || hierarchy == nullptr) return {};
  const std::string file =
      hierarchy->mount_point + path + (hierarchy->is_v2 ? "/memory.current" : "/memory.usage_in_bytes");
  const std::int64_t usage = std::strtoll(host.read(file).c_str(), nullptr, 10);
  if (usage <= *memory.limit) return {};
  return make_error("cgroup-limit", EBUSY,
                    "linux.resources.memory.limit: below what is in use (" + std::to_string(usage) + " bytes)");
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

/** A cpuset of v2 that holds processes takes no empty line on some kernels (ENOSPC): it gets what the group above has now. */
Result<void> write_limit(const Host& host, const std::string& path, const Limit& limit) {
  const std::string file = limit.hierarchy->mount_point + path + "/" + limit.file;
  if (limit.is_optional && !path_exists(file)) return {};
  auto written = write_file(file, limit.value, "cgroup-limit");
  if (written.ok() || written.error().number != ENOSPC || limit.value != "\n") return written;
  const std::string above = limit.hierarchy->mount_point + parent_of(path) + "/" + limit.file + ".effective";
  return write_file(file, host.read(above), "cgroup-limit");
}

/**
 * Writes limits in order; one that the kernel refuses because another still stands in its way (limit above memsw.limit,
 * quota below burst) is tried again after the others.
 */
Result<void> write_limits(const Host& host, const std::string& path, const std::vector<Limit>& limits) {
  std::vector<const Limit*> refused;
  for (const Limit& limit : limits) {
    auto written = write_limit(host, path, limit);
    if (written.ok()) continue;
    if (written.error().number != EINVAL && written.error().number != EBUSY) return written.error();
    refused.push_back(&limit);
  }
  for (const Limit* limit : refused) BULKHEAD_TRY(write_limit(host, path, *limit));
  return {};
}

/** v2 takes an empty line as "what the parent has"; v1 has to be told. */
std::string inherited_value(const Host& host, const std::string& path, const Limit& limit) {
  if (limit.hierarchy->is_v2) return "\n";
  return host.read(limit.hierarchy->mount_point + parent_of(path) + "/" + limit.file);
}

/** As they are now, the last first. What the files don't tell is left out. */
std::vector<Limit> current_limits(const Host& host, const std::string& path, const std::vector<Limit>& limits) {
  std::vector<Limit> current;
  for (auto limit = limits.rbegin(); limit != limits.rend(); ++limit) {
    const std::string content = host.read(limit->hierarchy->mount_point + path + "/" + limit->file);
    const std::string value = value_before(limit->file, limit->value, content);
    if (!value.empty())
      current.push_back({limit->hierarchy, limit->controller, limit->file, value, limit->is_optional});
  }
  return current;
}

/** Twice, for what stood in the way of one may be gone after the others. */
void restore(const Host& host, const std::string& path, const std::vector<Limit>& limits) {
  for (int round = 0; round < 2; ++round)
    for (const Limit& limit : limits) static_cast<void>(write_limit(host, path, limit));
}

}  // namespace

Result<void> update(const Host& host, const std::string& path, const oci::Resources& resources) {
  if (!exists(host, path)) return make_error("cgroup-limit", ENOENT, path);
  std::vector<Limit> limits = BULKHEAD_TRY(plan_limits(host, resources, Purpose::kUpdate));
  BULKHEAD_TRY(check_before_update(host, path, resources.memory));
  for (const Limit& limit : limits) BULKHEAD_TRY(ensure_controller(host, path, limit));
  for (Limit& limit : limits)
    if (limit.value.empty()) limit.value = inherited_value(host, path, limit);
  const std::vector<Limit> before = current_limits(host, path, limits);
  auto written = write_limits(host, path, limits);
  if (written.ok() && !resources.devices.empty()) written = update_devices(host, path, resources.devices);
  if (!written.ok()) restore(host, path, before);
  return written;
}

}  // namespace bulkhead::cgroup
