#include "runtime/own_namespace.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "core/descriptor/unique_fd.h"
#include "core/linux/files.h"
#include "runtime/id_map_programs.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

Result<void> check_namespace(const oci::Config& config) {
  const oci::Namespace* wanted = config.linux_.find_namespace(CLONE_NEWUSER);
  if (wanted == nullptr) return plain_error("rootless container requires user namespaces");
  if (!wanted->path.empty()) return plain_error("rootless containers can join no user namespace by its path");
  if (config.linux_.uid_mappings.empty()) return plain_error("rootless containers requires at least one UID mapping");
  if (config.linux_.gid_mappings.empty()) return plain_error("rootless containers requires at least one GID mapping");
  return {};
}

std::string line_of(const oci::IdMapping& mapping) {
  return std::to_string(mapping.container_id) + " " + std::to_string(mapping.host_id) + " " +
         std::to_string(mapping.size);
}

/** What the kernel lets everybody do: his own id, without a say about groups (user_namespaces(7)). */
Result<void> map_own_ids(const oci::IdMapping& uid, const oci::IdMapping& gid) {
  BULKHEAD_TRY(write_file("/proc/self/setgroups", "deny", "namespace"));
  BULKHEAD_TRY(write_file("/proc/self/gid_map", line_of(gid), "namespace"));
  return write_file("/proc/self/uid_map", line_of(uid), "namespace");
}

/** Of the files that this process makes, too, the owner is who he was: that id is the namespace's root. */
Result<void> become_root() {
  if (setresgid(0, 0, 0) != 0) return make_error("namespace", errno, "gid 0");
  if (setresuid(0, 0, 0) != 0) return make_error("namespace", errno, "uid 0");
  return {};
}

/** The mount namespace, so that mounts can be made: the container's are made in it, then moved to its own. */
Result<void> make_namespaces() {
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) return {};
  return plain_error(std::string("this system lets ordinary users make no user namespaces: ") + strerror(errno));
}

}  // namespace

bool needs_own_namespace(const Environment& environment) { return environment.makes_namespace && geteuid() != 0; }

Result<void> enter_own_namespace(oci::Config& config) {
  BULKHEAD_TRY(check_namespace(config));
  const auto uids = BULKHEAD_TRY(map_below(geteuid(), config.linux_.uid_mappings, "linux.uidMappings"));
  const auto gids = BULKHEAD_TRY(map_below(getegid(), config.linux_.gid_mappings, "linux.gidMappings"));
  std::optional<IdMapper> mapper;
  if (uids.size() > 1 || gids.size() > 1) mapper.emplace(BULKHEAD_TRY(IdMapper::start(uids, gids)));
  BULKHEAD_TRY(make_namespaces());
  BULKHEAD_TRY(mapper ? mapper->map() : map_own_ids(uids.front(), gids.front()));
  return become_root();
}

Result<void> enter_namespace_above(const oci::Config& config, pid_t container) {
  const std::string path = "/proc/" + std::to_string(container) + "/ns/user";
  UniqueFd target(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (target && config.linux_.find_namespace(CLONE_NEWUSER) != nullptr)
    target.reset(ioctl(target.get(), NS_GET_PARENT));
  if (!target) return make_error("namespace", errno, path);
  if (setns(target.get(), CLONE_NEWUSER) != 0) return make_error("namespace", errno, path);
  return become_root();
}

}  // namespace bulkhead::runtime
