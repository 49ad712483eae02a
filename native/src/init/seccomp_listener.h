// The descriptor of a seccomp filter that notifies, on its way to whoever answers.
#pragma once

#include "context.h"

namespace bulkhead::init {

/** By the monitor: sends `listener` and the plan's message, with the process's pid in it, to the plan's socket; closes both. */
void pass_listener_on(Context& context, int listener);

}  // namespace bulkhead::init
