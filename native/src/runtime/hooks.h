// Runs the hooks of a config: the container's state on standard input, the environment that the hook names and no other,
// "/" as working directory (CVE-2025-23266 is what happens otherwise), a deadline.
#pragma once

#include <string>
#include <vector>

#include "core/oci/config.h"
#include "core/result.h"

namespace bulkhead::runtime {

/** prestart and createRuntime: run when the container is made but its process has not left the old root. */
bool has_runtime_hooks(const oci::Hooks& hooks);
Result<void> run_runtime_hooks(const oci::Hooks& hooks, const std::string& state);

/** poststart and poststop: a hook that fails is reported, and the others run all the same, as the spec demands. */
void run_hooks(const std::vector<oci::Hook>& hooks, const std::string& state);

}  // namespace bulkhead::runtime
