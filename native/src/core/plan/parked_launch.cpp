#include "parked_launch.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace bulkhead {

using plan::Status;
using plan::StatusKind;

Result<ParkedLaunch> ParkedLaunch::start(const LaunchRequest& request, UniqueFd gate) {
  const uint64_t begin = monotonic_ns();
  LedgerMapping ledger = BULKHEAD_TRY(LedgerMapping::create());
  StartedInit started = BULKHEAD_TRY(start_init(request, ledger.fd()));
  Conversation conversation(started.socket.get(), started.pidfd.get(), request.timeoutMs);
  ParkedLaunch parked(request.plan, std::move(ledger), std::move(started), std::move(gate));
  UniqueFd unused;
  const auto status = conversation.next(&unused);
  parked.steps_ = parked.ledger_.read(request.plan, begin);
  if (request.steps != nullptr) *request.steps = parked.steps_;
  if (!status.ok()) return status.error();
  if (status.value().kind != StatusKind::kCreated) return failure_of(status.value());
  return parked;
}

Result<void> ParkedLaunch::release() {
  released_ns_ = monotonic_ns();
  if (send(gate_.get(), "s", 1, MSG_NOSIGNAL | MSG_DONTWAIT) != 1) return make_error("launch", errno, "gate");
  return {};
}

Result<LaunchOutcome> ParkedLaunch::outcome(std::vector<StepRecord>* steps) const {
  pollfd readable{started_.socket.get(), POLLIN, 0};
  if (poll(&readable, 1, 0) <= 0) return make_error("launch", EAGAIN, "bulkhead-init");
  UniqueFd unused;
  Conversation conversation(started_.socket.get(), -1, 0);
  const Status status = BULKHEAD_TRY(conversation.next(&unused));
  // The step under way when the steps of the parking were read is the waiting: from the release on it belongs to the start.
  const auto waiting = static_cast<uint32_t>(steps_.empty() ? 0 : steps_.size() - 1);
  *steps = ledger_.read(plan_, released_ns_, waiting);
  if (status.kind != StatusKind::kStarted) return failure_of(status);
  return LaunchOutcome{status.pid, status.startTimeTicks, started_.pid};
}

void ParkedLaunch::discard() {
  gate_.reset();
  give_up(started_.socket.get(), started_.pidfd.get());
}

}  // namespace bulkhead
