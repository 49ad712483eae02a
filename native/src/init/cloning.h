// The step from a process that stands ready, with nothing left that it may not have, to the one that executes.
#pragma once

#include "process.h"

namespace bulkhead::init {

/** Clones the final process into the pid namespace that was joined, as the monitor's child, and ends. */
[[noreturn]] void execute_in_joined_pid_namespace(Context& context, const Streams& streams,
                                                  const Executable& executable);

}  // namespace bulkhead::init
