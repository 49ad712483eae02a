// The eBPF program that decides about a v2 group's devices: a new one in the place of ours. Needs CAP_BPF, CAP_NET_ADMIN (or
// CAP_SYS_ADMIN) in the initial user namespace.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace bulkhead::cgroup {

/**
 * Attaches `program` to the group, then detaches those of ours that were there: all attached ones must allow an access, so
 * meanwhile what both allow is allowed. Others' (systemd's) stay. Error: step "cgroup-limit"; nothing has changed.
 */
Result<void> replace_device_program(const std::string& directory, const std::vector<std::uint64_t>& program);

}  // namespace bulkhead::cgroup
