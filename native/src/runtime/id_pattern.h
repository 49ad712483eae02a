// --regex, as crun has it: the containers whose ids a regular expression describes.
#pragma once

#include <string>
#include <vector>

#include "core/result.h"
#include "runtime/environment.h"

namespace bulkhead::runtime {

/** Ids that hold what `expression` (regex(7), extended) describes; the error is of step "usage". */
Result<std::vector<std::string>> ids_matching(const Environment& environment, const std::string& expression);

}  // namespace bulkhead::runtime
