// What a compiled filter says about a system call: the kernel's interpreter in small, for the few instructions that
// libseccomp makes filters of. Pure.
#pragma once

#include <linux/seccomp.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace bulkhead::seccomp {

/** SECCOMP_RET_…; none: not a filter that compile() makes. */
std::optional<std::uint32_t> verdict(std::string_view program, const seccomp_data& call);

/**
 * Whether bulkhead-init, under the filter, can still clone the process that executes, and that one do what is left to do
 * (native/src/init/cloning.cpp).
 */
bool allows_last_steps(std::string_view program);

/** Whether whoever is under the filter may mount file systems, in any of the processor's ways to call. No filter: yes. */
bool may_mount(std::string_view program);

}  // namespace bulkhead::seccomp
