// The monitor of a running process: one loop around poll(2).
#include "monitor_state.h"

#include "cgroups.h"

namespace bulkhead::init {

namespace {

constexpr uint64_t kSecondNs = 1'000'000'000;
constexpr uint64_t kDrainNs = 5 * kSecondNs;
// What the pipes hold needs no client: this long only where somebody else goes on writing into them.
constexpr uint64_t kLogNs = kSecondNs;
// A stream token is good for 30 s: so long may the first client of a process take that has ended already.
constexpr uint64_t kFirstAttachNs = 35 * kSecondNs;

Monitor& allocate(Context& context) {
  const long memory = sys::mmap(sizeof(Monitor), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  if (memory < 0 && memory > -4096) sys::exit(125);
  auto& monitor = *reinterpret_cast<Monitor*>(memory);
  monitor.context = &context;
  return monitor;
}

void make_nonblocking(int fd) {
  constexpr int kSetFlags = 4;  // F_SETFL; the description is the monitor's end alone
  if (fd >= 0) sys::fcntl(fd, kSetFlags, O_NONBLOCK);
}

Monitor& set_up(Context& context, const MonitorStreams& streams, int listener, uint64_t start_time_ticks) {
  const auto& plan = *context.plan;
  Monitor& monitor = allocate(context);
  monitor.streams = streams;
  monitor.listener = listener;
  monitor.start_time_ticks = start_time_ticks;
  monitor.is_terminal = plan.stdio == plan::StdioMode::kTerminal;
  monitor.terminal_peer = -1;
  if (monitor.is_terminal) hold_terminal(monitor);
  monitor.awaits_attach = (plan.monitor.flags & plan::kMonitorWaitForAttach) != 0;
  monitor.oom_kills = read_oom_kills(context);
  monitor.log.open(slot_fd(plan.monitor.log));
  make_nonblocking(streams.input);
  make_nonblocking(streams.output);
  make_nonblocking(streams.error);
  return monitor;
}

// What is not needed to wait: the ledger, the plan's pages (they come back when they are read), the status socket.
void settle(Context& context) {
  sys::close(plan::kStatusFd);
  sys::close(context.sync);
  sys::munmap(context.ledger, plan::kLedgerBytes);
  context.ledger = nullptr;
  sys::madvise(context.plan, context.plan->size, MADV_DONTNEED);
}

// Places in the poll set; clients follow.
enum Place { kProcess, kListener, kOutput, kError, kInput, kFirstClient };

void want(struct pollfd& place, int fd, int events) {
  place.fd = fd;
  place.events = static_cast<short>(events);
  place.revents = 0;
}

void fill(Monitor& monitor, struct pollfd* set) {
  // Back-pressure: no output is read while a client still has some of the last chunk to take.
  const bool reads_output = !monitor.awaits_attach && !monitor.is_hung_up && !has_unsent(monitor);
  want(set[kProcess], monitor.has_ended ? -1 : monitor.context->child_pidfd, POLLIN);
  want(set[kListener], monitor.listener_rests ? -1 : monitor.listener, POLLIN);
  want(set[kOutput], reads_output ? monitor.streams.output : -1, POLLIN);
  want(set[kError], reads_output ? monitor.streams.error : -1, POLLIN);
  want(set[kInput], monitor.input_size > 0 ? monitor.streams.input : -1, POLLOUT);
  for (int i = 0; i < kMaxClients; i++) {
    const Client& client = monitor.clients[i];
    const bool listens = !client.input_ended && (client.kind != ClientKind::kAttached || monitor.input_size == 0);
    // One that is gone and can't be read yet would wake poll(2) for nothing.
    const bool is_out = client.kind == ClientKind::kFree || (client.is_gone && !listens);
    want(set[kFirstClient + i], is_out ? -1 : client.fd,
         (listens ? POLLIN : 0) | (has_unsent(monitor, client) ? POLLOUT : 0));
  }
}

int timeout_ms(const Monitor& monitor) {
  constexpr int kRestMs = 100;
  if (monitor.listener_rests) return kRestMs;
  if (!monitor.has_ended) return -1;
  const uint64_t now = sys::clock_ns(CLOCK_MONOTONIC);
  return now >= monitor.deadline_ns ? 0 : static_cast<int>((monitor.deadline_ns - now) / 1'000'000) + 1;
}

void serve_clients(Monitor& monitor, const struct pollfd* set) {
  for (int i = 0; i < kMaxClients; i++) {
    Client& client = monitor.clients[i];
    const int events = set[kFirstClient + i].revents;
    if (client.kind == ClientKind::kFree || set[kFirstClient + i].fd != client.fd) continue;
    if ((events & POLLOUT) != 0) send_to_client(monitor, client);
    if (client.kind != ClientKind::kFree && (events & POLLIN) != 0) hear_client(monitor, client);
    if (client.kind != ClientKind::kFree && (events & (POLLHUP | POLLERR)) != 0 && (events & POLLIN) == 0)
      lose_client(client);
  }
}

void serve_once(Monitor& monitor, const struct pollfd* set) {
  if ((set[kInput].revents & (POLLOUT | POLLERR | POLLHUP)) != 0) write_input(monitor);
  if (set[kOutput].revents != 0) take_output(monitor, &monitor.streams.output, Frame::kStdout);
  if (set[kError].revents != 0 && !has_unsent(monitor)) take_output(monitor, &monitor.streams.error, Frame::kStderr);
  serve_clients(monitor, set);
  if (set[kListener].revents != 0) accept_client(monitor);
  if (set[kProcess].revents != 0) {
    take_exit(monitor);
    monitor.deadline_ns = sys::clock_ns(CLOCK_MONOTONIC) + (monitor.awaits_attach ? kFirstAttachNs : kDrainNs);
  }
}

// After the end: what the pipes still hold is taken, as fast as the clients take it.
bool has_drained(Monitor& monitor) {
  if (has_unsent(monitor)) return false;
  take_output(monitor, &monitor.streams.output, Frame::kStdout);
  if (!has_unsent(monitor)) take_output(monitor, &monitor.streams.error, Frame::kStderr);
  return monitor.streams.output < 0 && monitor.streams.error < 0 && !has_unsent(monitor);
}

// Clients that have not kept up by now are left; the log is not: to it goes what is in the pipes, to the last byte.
void drain_into_log(Monitor& monitor) {
  const uint64_t deadline_ns = sys::clock_ns(CLOCK_MONOTONIC) + kLogNs;
  monitor.awaits_attach = false;
  do {
    drop_slow_clients(monitor);
  } while (!has_drained(monitor) && sys::clock_ns(CLOCK_MONOTONIC) < deadline_ns);
  drop_slow_clients(monitor);
}

bool is_done(Monitor& monitor) {
  if (!monitor.has_ended) return false;
  if (monitor.awaits_attach) {
    publish_exit(monitor);  // nobody has to wait for a client that may never come
    let_go(monitor);
  } else if (has_drained(monitor)) {
    return true;
  }
  if (sys::clock_ns(CLOCK_MONOTONIC) < monitor.deadline_ns) return false;
  drain_into_log(monitor);
  return true;
}

}  // namespace

void serve(Context& context, const MonitorStreams& streams, int listener, uint64_t start_time_ticks) {
  Monitor& monitor = set_up(context, streams, listener, start_time_ticks);
  settle(context);
  struct pollfd set[kFirstClient + kMaxClients];
  while (!is_done(monitor)) {
    fill(monitor, set);
    const int timeout = timeout_ms(monitor);
    monitor.listener_rests = false;
    if (sys::poll(set, kFirstClient + kMaxClients, timeout) >= 0) serve_once(monitor, set);
  }
  publish_exit(monitor);
  finish(monitor);
}

}  // namespace bulkhead::init
