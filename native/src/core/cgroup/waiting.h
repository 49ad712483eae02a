// Waits for what the kernel does a moment later: a freeze, the end of a process.
#pragma once

#include <algorithm>
#include <ctime>

namespace bulkhead::cgroup {

/** Calls `done` until it says true, first at once, then ever less often. False: the deadline has passed. */
template <class Done>
bool wait_until(int deadline_ms, Done done) {
  long waited_us = 0;
  for (long pause_us = 50; !done(); pause_us = std::min(pause_us * 2, 20'000L)) {
    if (waited_us > deadline_ms * 1000L) return false;
    const timespec pause{.tv_sec = 0, .tv_nsec = pause_us * 1000};
    nanosleep(&pause, nullptr);
    waited_us += pause_us;
  }
  return true;
}

}  // namespace bulkhead::cgroup
