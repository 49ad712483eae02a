// The symbolic names of error numbers.
#pragma once

#include <string_view>

namespace bulkhead {

/** 2 → "ENOENT"; empty for 0 and for numbers that Linux does not have. */
std::string_view errno_name(int number);

}  // namespace bulkhead
