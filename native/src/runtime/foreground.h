// Stays with a process in the foreground: passes signals on, carries the terminal's bytes, waits for the end.
#pragma once

#include <sys/types.h>

#include "core/descriptor/unique_fd.h"
#include "core/result.h"

namespace bulkhead::runtime {

class Foreground {
 public:
  /** From here on signals are not delivered but waited for: before anything is launched, so that none is lost. */
  Foreground();
  ~Foreground();
  Foreground(const Foreground&) = delete;
  Foreground& operator=(const Foreground&) = delete;

  /** A socket whose other end gets the terminal's master; made on first use. Error: socketpair. */
  Result<int> console();
  /** The process has no terminal after all. */
  void forget_console();

  /** Until `pid`, a child, has ended: its exit code, or 128 + the signal that ended it. */
  int wait(pid_t pid);

 private:
  UniqueFd receive_terminal();

  UniqueFd console_ours_;
  UniqueFd console_theirs_;
};

}  // namespace bulkhead::runtime
