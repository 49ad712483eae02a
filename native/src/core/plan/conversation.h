// The status socket, seen from the launcher: starting bulkhead-init on a plan, and what it says until its process executes.
#pragma once

#include <sys/types.h>

#include <chrono>

#include "../descriptor/unique_fd.h"
#include "../result.h"
#include "launch.h"
#include "plan.h"

namespace bulkhead {

struct StartedInit {
  pid_t pid;
  UniqueFd pidfd;
  UniqueFd socket;
};
Result<StartedInit> start_init(const LaunchRequest& request, int ledger);

/** Asks bulkhead-init to undo what it has made, and ends it when it can't within two seconds: its container's half dies with it. */
void give_up(int socket, int pidfd);

Error failure_of(const plan::Status& status);

class Conversation {
 public:
  using Clock = std::chrono::steady_clock;

  Conversation(int socket, int pidfd, int timeout_ms)
      : socket_(socket), pidfd_(pidfd), deadline_(Clock::now() + std::chrono::milliseconds(timeout_ms)) {}

  /** The next message; `*fd` gets a descriptor that came with it. After the timeout the launch is given up. */
  Result<plan::Status> next(UniqueFd* fd);
  bool go_on();

  /** What the launcher itself does meanwhile has a deadline of its own (a hook's timeout), or none: it does not count here. */
  template <class Act>
  auto without_haste(Act act) {
    const auto begin = Clock::now();
    auto result = act();
    deadline_ += Clock::now() - begin;
    return result;
  }

 private:
  bool wait();
  Result<plan::Status> receive(UniqueFd* fd);

  int socket_;
  int pidfd_;
  Clock::time_point deadline_;
};

}  // namespace bulkhead
