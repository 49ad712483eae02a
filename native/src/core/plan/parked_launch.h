// A launch that stands ready: everything is done but execve, for which the process waits. Owns what the waiting hangs on.
//
//   parking                       monitor                               container's half
//      │ launch, as launch.h says    │ … as ever …                          │ … as ever …
//      │◀─ kCreated ─────────────────│◀─ "c" ───────────────────────────────│ filter loaded, waits
//      │ release: one byte ──────────┼─────────────────────────────────────▶│ execve
//      │                             │◀─ end of the sync socket ────────────│ the program
//      │◀─ kStarted ─────────────────│ serves its socket                    │
//      │ or the end of `gate_` ──────┼─────────────────────────────────────▶│ exit
//      │                             │◀─ end of the sync socket ────────────┘
//      │◀─ kFailed ──────────────────│ undoes what was made
//
// Safe because nobody else holds the other end of the gate: if this process dies, however it dies, the kernel closes it, the
// container's half ends, and the monitor undoes what it has made. If the monitor dies, the container's half dies by
// PR_SET_PDEATHSIG. Nothing waits on alone.
#pragma once

#include "conversation.h"
#include "ledger_mapping.h"

namespace bulkhead {

class ParkedLaunch {
 public:
  /**
   * As launch(), for a plan of MonitorMode::kStay whose start FIFO is the other end of `gate`, a connected stream socket.
   * Returns once the process waits. On failure nothing of the launch is left.
   */
  static Result<ParkedLaunch> start(const LaunchRequest& request, UniqueFd gate);

  /** Those of the parking. */
  const std::vector<StepRecord>& steps() const { return steps_; }

  /** Lets the process execute. Microseconds. EPIPE: it is gone. */
  Result<void> release();
  /**
   * What came of it, once the monitor serves its socket or is gone: does not wait. EAGAIN: neither yet. `*steps` gets those since the
   * release.
   */
  Result<LaunchOutcome> outcome(std::vector<StepRecord>* steps) const;
  /** Ends it. Returns once nothing of it is left but, where it had to be killed, its groups. Blocks: milliseconds; two seconds at most. */
  void discard();

 private:
  ParkedLaunch(std::span<const std::byte> plan, LedgerMapping ledger, StartedInit started, UniqueFd gate)
      : plan_(plan.begin(), plan.end()),
        ledger_(std::move(ledger)),
        started_(std::move(started)),
        gate_(std::move(gate)) {}

  std::vector<std::byte> plan_;
  LedgerMapping ledger_;
  StartedInit started_;
  UniqueFd gate_;
  std::vector<StepRecord> steps_;
  uint64_t released_ns_ = 0;
};

}  // namespace bulkhead
