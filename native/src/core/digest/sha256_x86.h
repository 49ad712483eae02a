// The compression function by the x86 SHA extensions.
#pragma once

#include "core/digest/sha256.h"

namespace bulkhead {

/** Whether this processor has them (and SSE4.1, which the code needs too). False on other architectures. */
bool sha256_x86_supported();
/** Only where supported: elsewhere it is an illegal instruction. */
void sha256_compress_x86(Sha256::State& state, const std::uint8_t* blocks, std::size_t count);

}  // namespace bulkhead
