// CRC-32 by PCLMULQDQ.
#pragma once

#include <cstdint>
#include <span>

namespace bulkhead {

/** Whether this processor has it (and SSE4.1). False on other architectures. */
bool crc32_x86_supported();
/** Only where supported: elsewhere it is an illegal instruction. */
std::uint32_t crc32_advance_x86(std::uint32_t state, std::span<const std::uint8_t> data);

}  // namespace bulkhead
