// The container's control groups: made and limited by the monitor, joined without the lock that waits for RCU, removed.
#pragma once

#include "context.h"

namespace bulkhead::init {

struct CgroupJoins {
  static constexpr int kMax = 32;
  int tasks[kMax];  // v1 `tasks` files, open for writing
  int task_count = 0;
  int v2 = -1;  // directory for CLONE_INTO_CGROUP
};

/** Carries out the plan's steps in order. */
void make_cgroups(Context& context, CgroupJoins& joins);
/** By the process that joins: v1 groups (v2: CLONE_INTO_CGROUP has done it). */
void join_cgroups(Context& context, const CgroupJoins& joins);
/** Removes the groups that this launch owns, innermost first; what is not there, or busy, is left. */
void remove_cgroups(Context& context);
/** Kills every process that is left in the groups, also in frozen ones, and waits until they are gone (10 s at most). */
void kill_cgroups(Context& context);
/** The `oom_kill` count; 0 when it can't be read. */
uint64_t read_oom_kills(const Context& context);

}  // namespace bulkhead::init
