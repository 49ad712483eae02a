// What is done to the group of a running container: freeze, kill, remove, list, change its limits. `path` is as
// linux.cgroupsPath: absolute below each hierarchy's mount.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/cgroup/host.h"
#include "core/oci/config.h"
#include "core/result.h"

namespace bulkhead::cgroup {

/** Freezes or thaws and waits until it is so (2 s at most, then ETIMEDOUT). Step "cgroup-freeze". */
Result<void> freeze(const Host& host, const std::string& path, bool frozen);
/** Whether the group is frozen or about to be. */
bool is_frozen(const Host& host, const std::string& path);
/** Thaws the group, and on v1 what the container itself has frozen below it; an error is passed over. */
void thaw_all(const Host& host, const std::string& path);

/**
 * Kills every process of the group and below, and waits until none is left (10 s at most, then ETIMEDOUT): cgroup.kill
 * (Linux 5.14), else SIGKILL to each. A frozen group is thawed: on v1 it would not die. Step "cgroup-kill". No group: success.
 */
Result<void> kill_all(const Host& host, const std::string& path);

/** Sends `signal` to every process of the group and below, by pidfd. Step "kill". */
Result<void> signal_all(const Host& host, const std::string& path, int signal);

/** kill_all, then rmdir of the group and all below in every hierarchy. Step "cgroup-remove". No group: success. */
Result<void> remove(const Host& host, const std::string& path);

/** rmdir of the group in every hierarchy where no process is in it (any more, after a moment). */
void remove_if_empty(const Host& host, const std::string& path);

/** Pids of all processes of the group and below, each once; none when there is no group. */
std::vector<pid_t> processes(const Host& host, const std::string& path);

/** Writes what `resources` holds, all or nothing (no device rules: they stay as they are); groups of hierarchies that were not needed before are made and joined. Step "cgroup-limit". */
Result<void> update(const Host& host, const std::string& path, const oci::Resources& resources);

/** Names of the groups directly below `path`, in any hierarchy, each once. */
std::vector<std::string> children(const Host& host, const std::string& path);

/** Whether the group exists in any hierarchy. */
bool exists(const Host& host, const std::string& path);

/** On a delegated v2 tree (systemd): moves this process to a leaf of its own, for a group with processes can't hand controllers down. */
Result<void> make_room(const Host& host);

}  // namespace bulkhead::cgroup
