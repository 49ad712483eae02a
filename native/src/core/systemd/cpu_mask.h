// Lists of processors and memory nodes, as cpuset(7) writes them, as the bits that systemd takes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace bulkhead::systemd {

/** "1,3-5" → 0b111010: bit n of the byte n / 8. Error: step "config", for what is no such list or names a number above 8191. */
Result<std::vector<std::uint8_t>> cpu_mask(std::string_view list);

}  // namespace bulkhead::systemd
