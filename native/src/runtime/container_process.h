// From a container that is prepared to its process: the descriptors that it takes along, the plan, the launch with its hooks.
#pragma once

#include "runtime/container_launch.h"

namespace bulkhead::runtime {

/** What somebody waits at for something of the new process; each empty where nobody does. */
struct Connections {
  /** The process waits for a byte from it. */
  UniqueFd fifo;
  /** Gets the terminal's master. */
  UniqueFd console;
  /** Gets a pidfd of the process. */
  UniqueFd pidfd_socket;
  /** Gets the descriptor of a filter that notifies. */
  UniqueFd listener;

  static Result<Connections> make(const LaunchOptions& options, const LaunchedContainer& container, Begin begin);
};

/** Builds the plan and carries it out; the state then knows the process. `console`: in place of that of `connections`, or -1. */
Result<void> start_process(LaunchedContainer& container, const LaunchOptions& options, const Connections& connections,
                           int console, const std::string& seccomp_program);

}  // namespace bulkhead::runtime
