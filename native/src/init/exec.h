// Entering a running container with one more process.
#pragma once

#include "context.h"

namespace bulkhead::init {

[[noreturn]] void exec(Context& context);

}  // namespace bulkhead::init
