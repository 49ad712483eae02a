// One helper per state directory: a lock that ends with the process, however it ends.
#pragma once

#include <string>

#include "core/result.h"

namespace bulkhead {

/** flock(2) LOCK_EX|LOCK_NB on `path` (created 0600), held until the process ends. False: somebody else holds it. */
Result<bool> lock_instance(const std::string& path);

}  // namespace bulkhead
