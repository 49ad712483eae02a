// Asks a filter what it says about a system call of x86-64.
#pragma once

#include <doctest.h>
#include <linux/audit.h>

#include <string>

#include "core/seccomp/verdict.h"

namespace bulkhead::test {

inline std::uint32_t verdict(const std::string& program, const seccomp_data& data) {
  const auto found = seccomp::verdict(program, data);
  REQUIRE(found.has_value());
  return *found;
}

inline std::uint32_t verdict(const std::string& program, int number, std::uint64_t argument0 = 0) {
  seccomp_data data{};
  data.nr = number;
  data.arch = AUDIT_ARCH_X86_64;
  data.args[0] = argument0;
  return verdict(program, data);
}

}  // namespace bulkhead::test
