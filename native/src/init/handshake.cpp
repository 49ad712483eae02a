// What the monitor hears from the container's half until it has become the program.
#include "handshake.h"

#include "files.h"
#include "namespaces.h"
#include "seccomp_listener.h"
#include "socket.h"
#include "status.h"

namespace bulkhead::init {

namespace {

void let_launcher_act(Context& context) {
  if (!sync_with_launcher(context.child)) fail(context, -ECANCELED);
  must(context, sys::send(context.sync, "g", 1, 0));
}

// The process that is cloned last stands where others of the container may attach to it: what it says is believed as far as
// the plan lets it be expected, and what it writes into the ledger only where it can't do harm.
bool expects_sync(const plan::Plan& plan) { return (plan.flags & plan::kPlanSyncBeforePivot) != 0; }
bool expects_terminal(const plan::Plan& plan) {
  return plan.stdio == plan::StdioMode::kTerminal && plan.terminal.consoleSocket == plan::kNoSlot;
}

bool expects_listener(const Context& context) {
  return context.plan->process.seccomp.listenerSocket != plan::kNoSlot && !context.is_listener_sent;
}

bool has_final_child(const Context& context) {
  return context.plan->kind == plan::Kind::kExec || joins_namespace(context, CLONE_NEWPID);
}

// The end of the socket: by execve, by exit(1) after a failure, or by a signal.
void check_end(Context& context) {
  if (__atomic_load_n(&context.ledger->failure.step, __ATOMIC_ACQUIRE) != plan::Step::kNone) fail(context, -ECANCELED);
  if (context.ledger->isExecuting == 0) fail(context, -ECHILD, "killed before execve");
}

// A process in a group that is frozen, or a look-up on a file system whose server does not answer, would hold the launch for
// ever; so would a container that stops every process that it sees, for the one that executes is seen by it from its clone
// on. That one is continued until it gets there: a stop can delay it, not hold it.
constexpr uint64_t kPatienceNs = 5'000'000'000;
constexpr uint64_t kFinalPatienceNs = 2'000'000'000;
constexpr int kContinueMs = 10;

struct Patience {
  uint64_t deadline_ns = 0;  // 0: the launcher's own patience is all
  bool expects_final = false;
  bool is_final = false;  // the child is the one that executes, and others see it
  bool is_launcher_there = true;
};

Patience patience_for(const Context& context) {
  Patience patience;
  patience.expects_final = has_final_child(context);
  if (context.plan->kind == plan::Kind::kExec) patience.deadline_ns = sys::clock_ns(CLOCK_MONOTONIC) + kPatienceNs;
  return patience;
}

int poll_timeout(const Patience& patience) {
  if (patience.deadline_ns == 0) return -1;
  if (sys::clock_ns(CLOCK_MONOTONIC) >= patience.deadline_ns) return 0;
  return patience.is_final ? kContinueMs : static_cast<int>(kPatienceNs / 1'000'000);
}

void turn_to_final_child(Context& context, Patience& patience) {
  adopt_final_child(context);
  patience.is_final = true;
  patience.deadline_ns = sys::clock_ns(CLOCK_MONOTONIC) + kFinalPatienceNs;
}

// What the launcher says unasked: that it has given the launch up.
void hear_launcher(Context& context, Patience& patience) {
  char byte;
  if (sys::recv(plan::kStatusFd, &byte, 1, sys::kDontWait) == 1) fail(context, -ECANCELED, "launcher");
  patience.is_launcher_there = false;
}

// Returns when the sync socket has something to say.
void await_message(Context& context, Patience& patience) {
  for (;;) {
    struct pollfd places[] = {{context.sync, POLLIN, 0},
                              {patience.is_launcher_there ? plan::kStatusFd : -1, POLLIN, 0},
                              {patience.expects_final && !patience.is_final ? context.child_pidfd : -1, POLLIN, 0}};
    const int timeout = poll_timeout(patience);
    const long count = sys::poll(places, 3, timeout);
    if (places[0].revents != 0) return;
    if (count > 0 && places[1].revents != 0) hear_launcher(context, patience);
    if (count > 0 && places[2].revents != 0) turn_to_final_child(context, patience);
    if (count == 0 && timeout == 0) fail(context, -ETIMEDOUT, "process");
    if (count == 0 && patience.is_final) sys::pidfd_send_signal(context.child_pidfd, SIGCONT);
  }
}

}  // namespace

// The question after it closes the race with a launcher that has just died.
void die_with_launcher(Context& context) {
  if (context.plan->monitor.mode != plan::MonitorMode::kLeave) return;
  must(context, sys::prctl(PR_SET_PDEATHSIG, SIGKILL));
  char byte;
  if (sys::recv(plan::kStatusFd, &byte, 1, sys::kDontWait | sys::kPeek) == 0) sys::exit(1);
}

bool hear_container(Context& context, MonitorStreams& streams) {
  context.entry = nullptr;
  context.step = plan::Step::kSync;
  Patience patience = patience_for(context);
  for (;;) {
    char message = 0;
    int fd = -1;
    size_t count = 0;
    await_message(context, patience);
    const long size = receive_with_fds(context.sync, &message, 1, &fd, 1, &count, 0);
    if (size <= 0) {
      check_end(context);
      return false;
    }
    if (message == 's' && expects_sync(*context.plan)) {
      let_launcher_act(context);
    } else if (message == 't' && count == 1 && expects_terminal(*context.plan) && streams.output < 0) {
      streams.input = streams.output = fd;
    } else if (message == 'n' && count == 1 && expects_listener(context)) {
      context.is_listener_sent = true;
      pass_listener_on(context, fd);
    } else if (message == 'c' && context.plan->monitor.startFifo != plan::kNoSlot) {
      if (context.plan->monitor.mode == plan::MonitorMode::kLeave) return true;
      // Goes on hearing: until it executes, or ends because nobody is left who could let it go.
      report(plan::StatusKind::kCreated, context.child, 0);
    } else if (count == 1) {
      sys::close(fd);
    }
  }
}

int final_child(const Context& context) {
  const int pid = __atomic_load_n(&context.ledger->pid, __ATOMIC_ACQUIRE);
  siginfo_t unused{};
  const bool is_own = pid > 1 && sys::waitid(P_PID, pid, &unused, WEXITED | WNOHANG | WNOWAIT) == 0;
  return is_own ? pid : 0;
}

void adopt_final_child(Context& context) {
  if (!has_final_child(context) || final_child(context) == context.child) return;
  const int pid = final_child(context);
  if (pid == 0) fail(context, -ESRCH, "process");
  sys::waitid(P_PID, context.child, nullptr, WEXITED);
  sys::close(context.child_pidfd);
  context.child = pid;
  context.child_pidfd = must(context, sys::pidfd_open(context.child));
}

uint64_t start_time_ticks(int pid) {
  constexpr int kFieldsBehindName = 19;  // state is field 3, starttime field 22 (proc_pid_stat(5))
  Buffer<32> path;
  char text[1024];
  if (read_file(AT_FDCWD, path.put("/proc/").number(pid).put("/stat").text(), text, sizeof text) <= 0) return 0;
  const char* p = text;
  for (const char* q = text; *q != '\0'; q++) {
    if (*q == ')') p = q;  // the name may hold anything, a ")" too: the last one counts
  }
  for (int i = 0; i <= kFieldsBehindName && p != nullptr; i++) {
    p = find(p, ' ');
    if (p != nullptr) p++;
  }
  if (p == nullptr) return 0;
  const char* end = p;
  while (*end >= '0' && *end <= '9') end++;
  uint64_t ticks = 0;
  return parse_number(p, end, ~uint64_t{0}, &ticks) ? ticks : 0;
}

}  // namespace bulkhead::init
