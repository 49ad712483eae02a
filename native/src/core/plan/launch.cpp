// Starts bulkhead-init on a finished plan and waits for its first word.
#include "launch.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "../descriptor/process.h"
#include "sealed_memfd.h"
#include "spawn.h"
#include "steps.h"

namespace bulkhead {

using plan::Ledger;
using plan::MonitorMode;
using plan::Status;
using plan::StatusKind;

namespace {

using Clock = std::chrono::steady_clock;

Error launch_error(const char* object) { return make_error("launch", errno, object); }

// The ledger's memory: written by bulkhead-init, read here.
class LedgerMapping {
 public:
  static Result<LedgerMapping> create() {
    LedgerMapping mapping;
    mapping.fd_.reset(memfd_create("bulkhead-ledger", MFD_CLOEXEC));
    if (!mapping.fd_ || ftruncate(mapping.fd_.get(), plan::kLedgerBytes) != 0) return launch_error("ledger");
    void* address = mmap(nullptr, plan::kLedgerBytes, PROT_READ, MAP_SHARED, mapping.fd_.get(), 0);
    if (address == MAP_FAILED) return launch_error("ledger");
    mapping.ledger_ = static_cast<const Ledger*>(address);
    return mapping;
  }
  LedgerMapping(LedgerMapping&& other) noexcept
      : fd_(std::move(other.fd_)), ledger_(std::exchange(other.ledger_, nullptr)) {}
  ~LedgerMapping() {
    if (ledger_ != nullptr) munmap(const_cast<Ledger*>(ledger_), plan::kLedgerBytes);
  }
  int fd() const { return fd_.get(); }
  const Ledger& operator*() const { return *ledger_; }

 private:
  LedgerMapping() = default;
  UniqueFd fd_;
  const Ledger* ledger_ = nullptr;
};

std::string plan_text(std::span<const std::byte> plan, uint32_t offset) {
  if (offset == 0 || offset >= plan.size()) return {};
  const char* text = reinterpret_cast<const char*>(plan.data()) + offset;
  return std::string(text, strnlen(text, plan.size() - offset));
}

void read_ledger(const Ledger& ledger, std::span<const std::byte> plan, uint64_t begin_ns,
                 std::vector<StepRecord>* steps) {
  if (steps == nullptr) return;
  const uint32_t count = std::min(__atomic_load_n(&ledger.count, __ATOMIC_ACQUIRE), plan::kLedgerCapacity);
  for (uint32_t i = 0; i < count; i++) {
    const auto& entry = ledger.entries[i];
    steps->push_back({step_name(entry.step), entry.startNs < begin_ns ? 0 : entry.startNs - begin_ns, entry.durationNs,
                      entry.errnum, plan_text(plan, entry.objectOffset)});
  }
}

// bulkhead-init's end of life as the launcher's child. Ended ones that are no child of ours are not ours to reap.
void reap(pid_t pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

constexpr int kUndoMs = 2000;

// Asks bulkhead-init to undo what it has made, and ends it when it can't: its container's half dies with it.
void give_up(int socket, int pidfd) {
  send(socket, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (pidfd < 0) return;
  pollfd ended{pidfd, POLLIN, 0};
  if (poll(&ended, 1, kUndoMs) <= 0) syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
}

class Conversation {
 public:
  Conversation(int socket, int pidfd, int timeout_ms)
      : socket_(socket), pidfd_(pidfd), deadline_(Clock::now() + std::chrono::milliseconds(timeout_ms)) {}

  /** The next message; `*fd` gets a descriptor that came with it. */
  Result<Status> next(UniqueFd* fd) {
    if (!wait()) {
      give_up(socket_, pidfd_);
      return make_error("launch", ETIMEDOUT, "bulkhead-init");
    }
    return receive(fd);
  }

  bool go_on() { return send(socket_, "g", 1, MSG_NOSIGNAL) == 1; }

  /** What the launcher itself does meanwhile has a deadline of its own (a hook's timeout), or none: it does not count here. */
  template <class Act>
  auto without_haste(Act act) {
    const auto begin = Clock::now();
    auto result = act();
    deadline_ += Clock::now() - begin;
    return result;
  }

 private:
  bool wait() {
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
      pollfd readable{socket_, POLLIN, 0};
      const int count = poll(&readable, 1, static_cast<int>(std::max<decltype(left)>(left, 0)));
      if (count >= 0 || errno != EINTR) return count > 0;
    }
  }

  Result<Status> receive(UniqueFd* fd) {
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

  int socket_;
  int pidfd_;
  Clock::time_point deadline_;
};

Error failure_of(const Status& status) {
  return make_error(plan::step_name(status.step), status.errnum, std::string_view(status.object, status.objectLength));
}

struct Started {
  pid_t pid;
  UniqueFd pidfd;
  UniqueFd socket;
};

Result<Started> start(const LaunchRequest& request, int ledger) {
  const int executable = BULKHEAD_TRY(init_executable());
  const UniqueFd plan = BULKHEAD_TRY(make_sealed_memfd("bulkhead-plan", request.plan, MemfdUse::kData));
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return launch_error("status socket");
  UniqueFd ours(ends[0]), theirs(ends[1]);
  std::vector<int> fds{plan.get(), ledger, theirs.get()};
  fds.insert(fds.end(), request.fds.begin(), request.fds.end());
  const bool stays = request.mode == MonitorMode::kStay;
  const pid_t pid = BULKHEAD_TRY(spawn_init({executable, fds, stays, request.inheritStdio}));
  return Started{pid, open_pidfd(pid), std::move(ours)};
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
        if (!conversation.go_on()) return launch_error("status socket");
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

uint64_t now_ns() { return static_cast<uint64_t>(std::chrono::nanoseconds(Clock::now().time_since_epoch()).count()); }

}  // namespace

Result<LaunchOutcome> launch(const LaunchRequest& request) {
  const bool leaves = request.mode == MonitorMode::kLeave;
  const uint64_t begin = now_ns();
  const SubreaperScope subreaper(leaves);
  const LedgerMapping ledger = BULKHEAD_TRY(LedgerMapping::create());
  Started started = BULKHEAD_TRY(start(request, ledger.fd()));
  Conversation conversation(started.socket.get(), started.pidfd.get(), request.timeoutMs);
  Result<LaunchOutcome> outcome = converse(request, conversation, started.pid);
  started.socket.reset();
  if (leaves) reap(started.pid);
  read_ledger(*ledger, request.plan, begin, request.steps);
  return outcome;
}

Result<OpenedDescriptor> launch_open(std::span<const std::byte> plan, int timeoutMs) {
  LaunchRequest request;
  request.plan = plan;
  const LedgerMapping ledger = BULKHEAD_TRY(LedgerMapping::create());
  Started started = BULKHEAD_TRY(start(request, ledger.fd()));
  Conversation conversation(started.socket.get(), started.pidfd.get(), timeoutMs);
  UniqueFd fd;
  const Status status = BULKHEAD_TRY(conversation.next(&fd));
  if (status.kind != StatusKind::kOpened) return failure_of(status);
  if (!fd) return make_error("open", EPROTO, "bulkhead-init");
  return OpenedDescriptor{fd.release(), std::string_view(status.object, status.objectLength) == "directory"};
}

}  // namespace bulkhead
