// Opening a path with the rights of a caller, and no others.
#pragma once

#include "context.h"

namespace bulkhead::init {

[[noreturn]] void open_as_caller(Context& context);

}  // namespace bulkhead::init
