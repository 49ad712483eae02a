// What has to be written to a limit's file to have it as it was: the kernel shows some of them otherwise than it takes them.
// Pure.
#pragma once

#include <string>
#include <string_view>

namespace bulkhead::cgroup {

/** `content`: of `file`, before `next` is written to it. Empty: nothing that could be written says it. */
std::string value_before(std::string_view file, std::string_view next, std::string_view content);

}  // namespace bulkhead::cgroup
