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

constexpr uint32_t kMaxOwned = 32;  // bits of Context::made_cgroups
inline bool is_owned(const plan::CgroupStep& step) {
  return step.op == plan::CgroupOp::kMake && (step.flags & plan::kCgroupOwned) != 0;
}

/** Carries out the plan's steps in order. A group that is to be owned and has processes already is refused: EBUSY. */
void make_cgroups(Context& context, CgroupJoins& joins);
/**
 * kExec: the v2 group that the target itself is in. It may have moved below the container's own and handed controllers down from
 * there: then that one takes no process any more (EBUSY). A descriptor, or -errno.
 */
long open_group_of_target(const Context& context);
/** By the process that joins: v1 groups (v2: CLONE_INTO_CGROUP has done it). */
void join_cgroups(Context& context, const CgroupJoins& joins);
/**
 * Removes the groups that this launch has made, and what the container has made below them, innermost first; what keeps one
 * busy is killed. At most `patience_ms`; what is still busy then is left.
 */
void remove_cgroups(Context& context, int patience_ms);
/** Kills every process that is left in the groups, also in frozen ones, and waits until they are gone: at most `patience_ms`. */
void kill_cgroups(Context& context, int patience_ms);
/** Kills the processes that the file `name` in the directory `dir` lists, by pidfd; how many were there. */
int kill_listed(int dir, const char* name);
/** The `oom_kill` count; 0 when it can't be read. */
uint64_t read_oom_kills(const Context& context);

}  // namespace bulkhead::init
