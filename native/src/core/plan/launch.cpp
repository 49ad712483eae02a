// Starts bulkhead-init on a finished plan and waits for its first word.
#include "launch.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>

#include "conversation.h"
#include "ledger_mapping.h"

namespace bulkhead {

using plan::MonitorMode;
using plan::Status;
using plan::StatusKind;

namespace {

// bulkhead-init's end of life as the launcher's child. Ended ones that are no child of ours are not ours to reap.
void reap(pid_t pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<LaunchOutcome> converse(const LaunchRequest& request, Conversation& conversation, pid_t monitor) {
  for (;;) {
    UniqueFd unused;
    const Status status = BULKHEAD_TRY(conversation.next(&unused));
    switch (status.kind) {
      case StatusKind::kStarted:
      case StatusKind::kCreated:
        return LaunchOutcome{status.pid, status.startTimeTicks, monitor};
      case StatusKind::kSync:
        // Closing the socket (by returning) tells bulkhead-init to undo what it has made.
        if (request.onSync && !conversation.without_haste([&] { return request.onSync(status.pid); }))
          return make_error("sync", ECANCELED, "hook");
        if (!conversation.go_on()) return make_error("launch", errno, "status socket");
        break;
      default:
        return failure_of(status);
    }
  }
}

// A process that the runtime starts must become its child when bulkhead-init's parent half leaves: for as long as that
// takes, orphans below this process come to it.
class SubreaperScope {
 public:
  explicit SubreaperScope(bool is_needed) : is_needed_(is_needed) {
    if (!is_needed_) return;
    prctl(PR_GET_CHILD_SUBREAPER, &previous_);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
  }
  ~SubreaperScope() {
    if (is_needed_) prctl(PR_SET_CHILD_SUBREAPER, previous_);
  }
  SubreaperScope(const SubreaperScope&) = delete;
  SubreaperScope& operator=(const SubreaperScope&) = delete;

 private:
  bool is_needed_;
  int previous_ = 0;
};

}  // namespace

Result<LaunchOutcome> launch(const LaunchRequest& request) {
  const bool leaves = request.mode == MonitorMode::kLeave;
  const uint64_t begin = monotonic_ns();
  const SubreaperScope subreaper(leaves);
  const LedgerMapping ledger = BULKHEAD_TRY(LedgerMapping::create());
  StartedInit started = BULKHEAD_TRY(start_init(request, ledger.fd()));
  Conversation conversation(started.socket.get(), started.pidfd.get(), request.timeoutMs);
  Result<LaunchOutcome> outcome = converse(request, conversation, started.pid);
  started.socket.reset();
  if (leaves) reap(started.pid);
  if (request.steps != nullptr) *request.steps = ledger.read(request.plan, begin);
  return outcome;
}

Result<OpenedDescriptor> launch_open(std::span<const std::byte> plan, int timeoutMs) {
  LaunchRequest request;
  request.plan = plan;
  const LedgerMapping ledger = BULKHEAD_TRY(LedgerMapping::create());
  StartedInit started = BULKHEAD_TRY(start_init(request, ledger.fd()));
  Conversation conversation(started.socket.get(), started.pidfd.get(), timeoutMs);
  UniqueFd fd;
  const Status status = BULKHEAD_TRY(conversation.next(&fd));
  if (status.kind != StatusKind::kOpened) return failure_of(status);
  if (!fd) return make_error("open", EPROTO, "bulkhead-init");
  return OpenedDescriptor{fd.release(), std::string_view(status.object, status.objectLength) == "directory"};
}

}  // namespace bulkhead
