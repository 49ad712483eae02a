// What ps(1) says about a container's processes, for `ps ID OPTIONS…`.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/result.h"

namespace bulkhead::runtime {

/** Prints the heading of ps(1), run with `options`, and the lines of those of `pids` (sorted). */
Result<void> print_process_table(const std::vector<std::string>& options, const std::vector<pid_t>& pids);

/** The lines of `table` whose column PID names one of `pids` (sorted), with the heading. Error: there is no such column. */
Result<std::string> lines_of(const std::string& table, const std::vector<pid_t>& pids);

}  // namespace bulkhead::runtime
