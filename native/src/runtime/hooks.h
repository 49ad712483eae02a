// Runs the hooks of a config: the container's state on standard input, the environment that the hook names and no other,
// "/" as working directory (CVE-2025-23266 is what happens otherwise), a deadline.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/descriptor/unique_fd.h"
#include "core/oci/config.h"
#include "core/result.h"
#include "runtime/environment.h"

namespace bulkhead::runtime {

/** prestart, createRuntime, createContainer: run when the container is made but its process has not left the old root. */
bool has_create_hooks(const oci::Hooks& hooks);
/** `pid`: the container's process, whose namespaces `namespaces` (CLONE_NEW…) createContainer hooks enter. */
Result<void> run_create_hooks(const oci::Hooks& hooks, const std::string& state, pid_t pid, std::uint64_t namespaces);

/** One after another; the first that fails ends it. */
Result<void> run_hooks(const std::vector<oci::Hook>& hooks, const std::string& state);

/** poststop: a hook that fails is logged, and the others run all the same, as the spec demands. */
void run_poststop_hooks(const Environment& environment, const std::vector<oci::Hook>& hooks, const std::string& state);

/** Until the hook, a child, has ended; beyond its deadline it is killed. Error: it has failed. */
Result<void> await_hook(const oci::Hook& hook, pid_t pid);

/** The state as a file to read, for a standard input: no pipe that a hook could leave unread. */
UniqueFd state_file(const std::string& state);

/** Starts a program of the runtime's namespaces in those of `pid`, before the container has any process of its own. */
Result<pid_t> spawn_in_container(const oci::Hook& hook, const std::string& state, pid_t pid, std::uint64_t namespaces);

Error hook_error(const oci::Hook& hook, const std::string& reason);
/** argv or envp of `strings`, which it points into. */
std::vector<char*> pointers(const std::vector<std::string>& strings);
std::vector<std::string> hook_arguments(const oci::Hook& hook);

}  // namespace bulkhead::runtime
