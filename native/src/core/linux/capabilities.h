// What this process itself may hand on.
#pragma once

#include <cstdint>

namespace bulkhead {

/** Bit n: capability n is permitted to this process and in its bounding set. */
std::uint64_t available_capabilities();

}  // namespace bulkhead
