// What the options of exec say about the process: changed from the container's own, or a whole one.
#pragma once

#include "core/core.h"
#include "runtime/arguments.h"

namespace bulkhead::runtime {

/** Of --process, or the container's own as the other options change it. */
Result<oci::Process> wanted_process(const Arguments& arguments, const oci::Config& config);

/** Of --cgroup, "[controller,…:]path" as runc has it; the last counts. */
cgroup::Subgroups subgroups(const std::vector<std::string>& words);

}  // namespace bulkhead::runtime
