// How a process ended, and its monitor with it.
#include "cgroups.h"
#include "files.h"
#include "monitor_state.h"

namespace bulkhead::init {

namespace {

constexpr int kExited = 1;  // CLD_EXITED
constexpr int kCodeKilled = 137;

void put_exit_line(const ExitStatus& exit, Buffer<96>& line) {
  line.put("exited ")
      .number(exit.code)
      .put(' ')
      .number(exit.signal)
      .put(exit.is_oom ? " 1 " : " 0 ")
      .number(exit.at_ms)
      .put('\n');
}

// Complete or not there at all: written beside, then renamed.
void write_exit_file(const Monitor& monitor, const Buffer<96>& line) {
  const Context& context = *monitor.context;
  const int directory = slot_fd(context.plan->monitor.runDirectory);
  const char* name = context.text(context.plan->monitor.exitName);
  Buffer<256> temporary;
  temporary.put('.').put(name).put(".new");
  const long fd = sys::openat(directory, temporary.text(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
  if (fd < 0) return;
  const bool is_whole = sys::write(static_cast<int>(fd), line.text(), line.size()) == static_cast<long>(line.size());
  sys::close(static_cast<int>(fd));
  // On a full disk there is only the watchers' line.
  if (is_whole) {
    sys::renameat(directory, temporary.text(), directory, name);
  } else {
    sys::unlinkat(directory, temporary.text(), 0);
  }
}

void remove_socket(Monitor& monitor) {
  if (monitor.listener < 0) return;
  remove_socket_name(*monitor.context);
  sys::close(monitor.listener);
  monitor.listener = -1;
}

constexpr uint64_t kPartNs = 5'000'000'000;
// Before the news of the end, and after it: a process that does not go (in an uninterruptible wait) delays it no longer.
constexpr int kPromptKillMs = 500;
constexpr int kPromptRemovalMs = 250;
constexpr int kPatientMs = 5000;

// Reads away what a client still sends. False: it has closed, too.
bool discard_input(const Client& client) {
  char bytes[512];
  const long size = sys::recv(client.fd, bytes, sizeof bytes, sys::kDontWait);
  return size > 0 || size == -EAGAIN || size == -EINTR;
}

void put_exit_frame(Monitor& monitor) {
  char* payload = monitor.chunk + kFrameHeader;
  payload[0] = static_cast<char>(monitor.exit.code);
  payload[1] = static_cast<char>(monitor.exit.signal);
  payload[2] = monitor.exit.is_oom ? 1 : 0;
  payload[3] = 0;
  hand_out(monitor, Frame::kExit, 4);
}

// A client has got all: from here on it is read away what it sends, and waited for that it closes.
void end_sending(Monitor& monitor, Client& client) {
  if (client.has_all || has_unsent(monitor, client)) return;
  client.has_all = true;
  sys::shutdown(client.fd, sys::kShutWrite);
}

void part_from(Monitor& monitor, Client& client, int events) {
  if ((events & POLLOUT) != 0) send_to_client(monitor, client);
  if (client.kind != ClientKind::kAttached) return;
  end_sending(monitor, client);
  if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && (client.is_gone || !discard_input(client))) drop_client(client);
}

// Ends the connections so that nobody loses what he has not read yet, the exit frame last: closing one that has unread input,
// or that its client still writes to, resets it, and a reset overtakes the data. So only the sending side is shut, and what
// comes is read away until the client has closed as well. Watchers and the exit file know of the end by now; nobody waits for
// this.
void part_from_clients(Monitor& monitor) {
  const uint64_t deadline_ns = sys::clock_ns(CLOCK_MONOTONIC) + kPartNs;
  for (Client& client : monitor.clients) {
    if (client.kind == ClientKind::kAttached) end_sending(monitor, client);
  }
  for (uint64_t now = 0; (now = sys::clock_ns(CLOCK_MONOTONIC)) < deadline_ns;) {
    struct pollfd set[kMaxClients];
    bool is_any = false;
    for (int i = 0; i < kMaxClients; i++) {
      const Client& client = monitor.clients[i];
      const bool is_there = client.kind == ClientKind::kAttached;
      set[i] = {is_there ? client.fd : -1, static_cast<short>(POLLIN | (has_unsent(monitor, client) ? POLLOUT : 0)), 0};
      is_any |= is_there;
    }
    if (!is_any || sys::poll(set, kMaxClients, static_cast<int>((deadline_ns - now) / 1'000'000) + 1) < 0) return;
    for (int i = 0; i < kMaxClients; i++) {
      if (set[i].fd >= 0 && set[i].revents != 0) part_from(monitor, monitor.clients[i], set[i].revents);
    }
  }
}

void tell_watchers(Monitor& monitor, const Buffer<96>& line) {
  for (Client& client : monitor.clients) {
    if (client.kind != ClientKind::kWatcher) continue;
    sys::send(client.fd, line.text(), line.size(), sys::kDontWait);
    drop_client(client);
  }
}

}  // namespace

void take_exit(Monitor& monitor) {
  siginfo_t info{};
  if (sys::waitid(P_PIDFD, monitor.context->child_pidfd, &info, WEXITED) < 0) return;
  ExitStatus& exit = monitor.exit;
  exit.signal = info.si_code == kExited ? 0 : info.si_status & 0x7f;
  exit.code = exit.signal == 0 ? info.si_status & 0xff : 128 + exit.signal;
  exit.is_oom = exit.code == kCodeKilled && read_oom_kills(*monitor.context) > monitor.oom_kills;
  exit.at_ms = sys::clock_ns(CLOCK_REALTIME) / 1'000'000;
  monitor.has_ended = true;
  release_terminal(monitor);
}

void publish_exit(Monitor& monitor) {
  if (monitor.is_published) return;
  monitor.is_published = true;
  if (monitor.context->plan->kind == plan::Kind::kCreate) {
    kill_cgroups(*monitor.context, kPromptKillMs);
    remove_cgroups(*monitor.context, kPromptRemovalMs);
  }
  Buffer<96> line;
  put_exit_line(monitor.exit, line);
  // In this order: whoever finds no socket finds the exit file, and whoever has heard of the exit may start anew in the same
  // directory, where a new monitor's socket must not be removed by an old one.
  write_exit_file(monitor, line);
  if (!monitor.awaits_attach) remove_socket(monitor);
  tell_watchers(monitor, line);
}

void let_go(Monitor& monitor) {
  Context& context = *monitor.context;
  if (monitor.has_let_go) return;
  monitor.has_let_go = true;
  if (context.plan->kind == plan::Kind::kCreate) {
    kill_cgroups(context, kPatientMs);
    remove_cgroups(context, kPatientMs);
  }
  // The last reference: a syncfs of the disk beneath, half a millisecond to a second. The lock after it, for whoever starts
  // the container anew waits for that, and must not mount a second overlay over the same directories before.
  if (context.overlay >= 0) sys::close(context.overlay);
  if (context.upper_lock >= 0) sys::close(context.upper_lock);
}

void finish(Monitor& monitor) {
  put_exit_frame(monitor);
  remove_socket(monitor);
  let_go(monitor);
  part_from_clients(monitor);
  sys::exit(0);
}

}  // namespace bulkhead::init
