// The monitor's half of making a container.
#pragma once

#include "context.h"

namespace bulkhead::init {

[[noreturn]] void create(Context& context);

}  // namespace bulkhead::init
