// Memory files that nobody can change any more: the executable and the plan are handed over in these.
#pragma once

#include <cstddef>
#include <span>

#include "../descriptor/unique_fd.h"
#include "../result.h"

namespace bulkhead {

enum class MemfdUse { kData, kExecutable };

/** A close-on-exec memfd with `content`, sealed against writing and resizing. Errors: EMFILE, ENOMEM (step "launch"). */
Result<UniqueFd> make_sealed_memfd(const char* name, std::span<const std::byte> content, MemfdUse use);

/** bulkhead-init as it was linked into this program, in a memfd made at the first call; it stays open for good. */
Result<int> init_executable();

}  // namespace bulkhead
