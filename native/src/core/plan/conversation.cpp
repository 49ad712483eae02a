#include "conversation.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "../descriptor/process.h"
#include "sealed_memfd.h"
#include "spawn.h"
#include "steps.h"

namespace bulkhead {

using plan::Status;

namespace {

constexpr int kUndoMs = 2000;

}  // namespace

Result<StartedInit> start_init(const LaunchRequest& request, int ledger) {
  const int executable = BULKHEAD_TRY(init_executable());
  const UniqueFd plan = BULKHEAD_TRY(make_sealed_memfd("bulkhead-plan", request.plan, MemfdUse::kData));
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return make_error("launch", errno, "status socket");
  UniqueFd ours(ends[0]), theirs(ends[1]);
  std::vector<int> fds{plan.get(), ledger, theirs.get()};
  fds.insert(fds.end(), request.fds.begin(), request.fds.end());
  const bool stays = request.mode == plan::MonitorMode::kStay;
  const pid_t pid = BULKHEAD_TRY(spawn({executable, fds, stays, request.inheritStdio}));
  return StartedInit{pid, open_pidfd(pid), std::move(ours)};
}

void give_up(int socket, int pidfd) {
  send(socket, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (pidfd < 0) return;
  pollfd ended{pidfd, POLLIN, 0};
  if (poll(&ended, 1, kUndoMs) <= 0) syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
}

Error failure_of(const Status& status) {
  return make_error(plan::step_name(status.step), status.errnum, std::string_view(status.object, status.objectLength));
}

Result<Status> Conversation::next(UniqueFd* fd) {
  if (wait()) return receive(fd);
  give_up(socket_, pidfd_);
  return make_error("launch", ETIMEDOUT, "bulkhead-init");
}

bool Conversation::go_on() { return send(socket_, "g", 1, MSG_NOSIGNAL) == 1; }

bool Conversation::wait() {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
    pollfd readable{socket_, POLLIN, 0};
    const int count = poll(&readable, 1, static_cast<int>(std::max<decltype(left)>(left, 0)));
    if (count >= 0 || errno != EINTR) return count > 0;
  }
}

Result<Status> Conversation::receive(UniqueFd* fd) {
  Status status{};
  iovec segment{&status, sizeof status};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &segment;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = recvmsg(socket_, &message, MSG_CMSG_CLOEXEC);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    int received;
    std::memcpy(&received, CMSG_DATA(header), sizeof received);
    fd->reset(received);
  }
  // The end of the socket without a word: it was killed.
  if (size < static_cast<ssize_t>(offsetof(Status, object))) return make_error("launch", ECHILD, "bulkhead-init");
  if (status.objectLength > sizeof status.object) return make_error("launch", EPROTO, "bulkhead-init");
  return status;
}

}  // namespace bulkhead
