// The names of the steps: what errors, the ledger and traces show.
#pragma once

#include "plan.h"

namespace bulkhead::plan {

/** "cgroup-create", "pivot-root", …; "none" for a number that is no step. */
constexpr const char* step_name(Step step) {
  constexpr const char* kNames[] = {
      "none",
      "plan",
      "cgroup-create",
      "cgroup-limit",
      "cgroup-join",
      "clone",
      "namespace",
      "id-map",
      "root-mount",
      "mount-source",
      "mount",
      "device",
      "symlink",
      "mask-path",
      "readonly-path",
      "pivot-root",
      "hostname",
      "loopback",
      "sysctl",
      "terminal",
      "stdio",
      "rlimit",
      "oom-score",
      "keyring",
      "user",
      "capabilities",
      "no-new-privileges",
      "seccomp",
      "scheduling",
      "personality",
      "security-label",
      "working-directory",
      "lookup",
      "wait-start",
      "self-check",
      "execute",
      "open",
      "monitor",
      "launch",
      "sync",
  };
  static_assert(sizeof kNames / sizeof *kNames == static_cast<uint32_t>(Step::kCount));
  return step < Step::kCount ? kNames[static_cast<uint32_t>(step)] : kNames[0];
}

}  // namespace bulkhead::plan
