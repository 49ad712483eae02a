// What bulkhead-init tells the launcher, over the status socket.
#include "status.h"

#include "socket.h"

namespace bulkhead::init {

namespace {

constexpr size_t kStatusHead = offsetof(plan::Status, object);

void send_status(plan::Status& status, const char* object, int fd) {
  while (status.objectLength < sizeof status.object && object[status.objectLength] != '\0') {
    status.object[status.objectLength] = object[status.objectLength];
    status.objectLength++;
  }
  send_with_fd(plan::kStatusFd, &status, kStatusHead + status.objectLength, fd);
}

}  // namespace

void report_failure(const Context& context) {
  const plan::Failure& failure = context.ledger->failure;
  plan::Status status{};
  status.kind = plan::StatusKind::kFailed;
  status.step = failure.step;
  status.errnum = failure.errnum;
  send_status(status, failure.object, -1);
}

void report(plan::StatusKind kind, int pid, uint64_t start_time_ticks) {
  plan::Status status{};
  status.kind = kind;
  status.pid = pid;
  status.startTimeTicks = start_time_ticks;
  send_status(status, "", -1);
}

bool sync_with_launcher(int pid) {
  report(plan::StatusKind::kSync, pid, 0);
  char go;
  return sys::recv(plan::kStatusFd, &go, 1, 0) == 1 && go == 'g';
}

void report_opened(int fd, const char* kind) {
  plan::Status status{};
  status.kind = plan::StatusKind::kOpened;
  send_status(status, kind, fd);
}

}  // namespace bulkhead::init
