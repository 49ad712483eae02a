// The out-of-memory score of the process that is launched, and of the monitor that stays.
#pragma once

#include "context.h"

namespace bulkhead::init {

// oom_score_adj is inherited by the clone and needs the host's rights to be lowered: written for oneself before, put back after.
struct OomScore {
  char own[16];
  long own_size = 0;
};

/** Before the clone: takes the process's score for oneself. */
void take_oom_score(Context& context, OomScore& score);
/** After it: the monitor's own, which is that of what the host can least do without, or what it was before. */
void restore_oom_score(Context& context, const OomScore& score);

}  // namespace bulkhead::init
