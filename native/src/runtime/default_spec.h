// The config.json that `spec` writes.
#pragma once

#include <string>

namespace bulkhead::runtime {

/** `rootless`: with a user namespace in which the container's root is the caller. */
std::string default_spec(bool rootless);

}  // namespace bulkhead::runtime
