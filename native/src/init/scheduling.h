// How the process is scheduled: policy, priorities, processors; and its personality.
#pragma once

#include "context.h"

namespace bulkhead::init {

/** By the monitor, with the host's rights: policy and priorities of the process that it has just cloned. */
void set_scheduling(Context& context);
/** By the monitor, to what has been adopted: what is not inherited by a clone. */
void set_scheduling_of_final(Context& context);

/** By the monitor, before and after the clone: the processors of execCPUAffinity's `initial`. */
void take_initial_cpus(Context& context);
void restore_cpus(Context& context);
/** By the process, once it is in its cgroups. */
void take_final_cpus(Context& context);

void set_personality(Context& context);

}  // namespace bulkhead::init
