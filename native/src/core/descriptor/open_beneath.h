// openat2(2) (Linux 5.6): opening below a directory, without leaving it whatever links the path holds.
#pragma once

#include <linux/openat2.h>

#include <cstdint>
#include <string>

#include "core/descriptor/unique_fd.h"

namespace bulkhead {

/** As openat2: `flags` O_*, `mode` of a new file, `resolve` RESOLVE_*; O_CLOEXEC is added. Invalid: errno says why. */
UniqueFd open_beneath(int directory, const std::string& path, std::uint64_t flags, std::uint64_t mode,
                      std::uint64_t resolve);

}  // namespace bulkhead
