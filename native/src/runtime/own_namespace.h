// How an ordinary user gets containers: in a user namespace of his own, which this program makes and in which it then is root.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "core/oci/config.h"
#include "core/result.h"
#include "runtime/environment.h"

namespace bulkhead::runtime {

/** The caller is not root, nor is he kept from getting such a namespace (`--rootless false`). */
bool needs_own_namespace(const Environment& environment);

/**
 * Makes it, with the caller as root and the ids that `config` maps, and a mount namespace. `config` then has its host ids as that
 * namespace knows them: what it makes of them is a namespace below this one. Error: he may not map these ids.
 */
Result<void> enter_own_namespace(oci::Config& config);

/** The namespace in which such a container was made, to do something more with it. The host's root is where he is. */
Result<void> enter_namespace_above(const oci::Config& config, pid_t container);

/**
 * What of the host's ids is to be mapped, for the caller `own` to be root: himself as 0, and those of `mappings`, one after the
 * other; these then name their host ids so. Error: step "config".
 */
Result<std::vector<oci::IdMapping>> map_below(std::uint32_t own, std::vector<oci::IdMapping>& mappings,
                                              const char* field);

}  // namespace bulkhead::runtime
