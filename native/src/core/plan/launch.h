// Starts bulkhead-init on a finished plan and waits for its first word; knows nothing of what a plan says.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "../result.h"
#include "plan.h"

namespace bulkhead {

// One kernel step of an operation, from the ledger.
struct StepRecord {
  const char* step;
  uint64_t startNs;  // since the launch began
  uint64_t durationNs;
  int errnum;
  std::string object;
};

struct LaunchRequest {
  std::span<const std::byte> plan;
  // Given to bulkhead-init as slots 0, 1, …; they stay the caller's.
  std::span<const int> fds;
  // kStay: an orphan of the launcher from its birth (never its zombie). kLeave: its child, and the process is too.
  plan::MonitorMode mode = plan::MonitorMode::kStay;
  // 0, 1, 2 of bulkhead-init: the caller's own, or /dev/null.
  bool inheritStdio = false;
  int timeoutMs = 30'000;  // without what onSync takes
  // Called at Plan's kPlanSyncBeforePivot with the container's pid; false gives the launch up (ECANCELED).
  std::function<bool(pid_t)> onSync;
  // Gets the ledger, also when the launch fails. May be null.
  std::vector<StepRecord>* steps = nullptr;
};

struct LaunchOutcome {
  pid_t pid = 0;
  uint64_t startTimeTicks = 0;
  pid_t monitorPid = 0;  // kLeave: already reaped
};

// Returns once the process has been executed (or, with a start FIFO, is ready to be). On failure nothing of the launch is
// left. Blocks: milliseconds; timeoutMs at most, and what onSync takes.
Result<LaunchOutcome> launch(const LaunchRequest& request);

struct OpenedDescriptor {
  int fd;  // the caller's, close-on-exec
  bool isDirectory;
};
// Runs a Kind::kOpen plan.
Result<OpenedDescriptor> launch_open(std::span<const std::byte> plan, int timeoutMs);

}  // namespace bulkhead
