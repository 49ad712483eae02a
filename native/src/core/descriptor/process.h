// A process named by its pid and its start time, which together are never used twice between two boots.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/descriptor/unique_fd.h"
#include "core/result.h"

namespace bulkhead {

struct ProcessName {
  pid_t pid = 0;
  /** Field 22 of /proc/<pid>/stat. */
  std::uint64_t start_time_ticks = 0;
};

/** The pure part: of a text as proc_pid_stat(5) has it. None: a zombie's, or no such text. */
std::optional<std::uint64_t> start_time_in(std::string_view stat);

/** ESRCH when there is no such process, or only its zombie. */
Result<std::uint64_t> start_time_ticks(pid_t pid);
/** A pidfd of that very process; ESRCH when it is gone. */
Result<UniqueFd> open_process(ProcessName name);
/** pidfd_send_signal(2); ESRCH when it is gone. */
Result<void> signal_process(ProcessName name, int signal);
bool process_exists(ProcessName name);

/** pidfd_open(2) (Linux 5.3), close-on-exec. */
UniqueFd open_pidfd(pid_t pid);
/** Whether the process of a pidfd has not ended. */
bool is_alive(int pidfd);

}  // namespace bulkhead
