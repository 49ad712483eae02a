// linux.resources → which file gets which value, in the order in which the kernel takes them. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/cgroup/host.h"
#include "core/oci/config.h"
#include "core/result.h"

namespace bulkhead::cgroup {

struct Limit {
  const Hierarchy* hierarchy = nullptr;
  /** The v2 or v1 controller that must be there (enabled, on v2). */
  std::string controller;
  /** In the group's directory. */
  std::string file;
  /** Empty (cpuset, in an update): the parent group's. */
  std::string value;
  /** Passed over by a kernel that has no such file. */
  bool is_optional = false;
};

enum class Purpose {
  /** For a fresh group, which has no limits: what asks for none is left out. */
  kCreate,
  /** For a running one: "no limit" is written as well. */
  kUpdate,
};

/**
 * All limits except those on devices. Error: step "config", when the host lacks a controller, or the resource has no
 * equivalent in the hierarchy that carries it; object: the field and why.
 */
Result<std::vector<Limit>> plan_limits(const Host& host, const oci::Resources& resources, Purpose purpose);

/** cpu.shares (2…262144) as cpu.weight (1…10000), as the runtime-spec's authors convert it. */
std::uint64_t weight_of_shares(std::uint64_t shares);
/** blkio's weight (10…1000) as io.weight (1…10000). */
std::uint64_t io_weight(std::uint64_t blkio_weight);

}  // namespace bulkhead::cgroup
