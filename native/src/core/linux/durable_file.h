// A file that survives a power cut: written beside its place, synced, renamed, its folder synced.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace bulkhead {

/**
 * Replaces `path` (0600) as a whole or not at all. `temporary`: a path in the same folder that nothing has; nothing is left there. Error:
 * step "write".
 */
Result<void> replace_durably(const std::string& path, const std::string& temporary, std::string_view content);

}  // namespace bulkhead
