// linux.seccomp → the filter that the kernel runs (cBPF), by libseccomp. Takes 3 to 24 ms: see cache.h.
#pragma once

#include <string>

#include "core/oci/config.h"
#include "core/result.h"

namespace bulkhead::seccomp {

/**
 * The instructions (struct sock_filter, 8 bytes each), as a binary tree over the system call's number. Error: step "seccomp",
 * object the rule that can't be expressed: a name that is unknown and would stay allowed, an argument, an architecture.
 */
Result<std::string> compile(const oci::Seccomp& profile);

}  // namespace bulkhead::seccomp
