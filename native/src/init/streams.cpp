// The standard streams of the container's process: pipes, a terminal of its own, or what the launcher had.
#include "streams.h"

#include "id_map.h"
#include "process.h"
#include "resolve.h"
#include "socket.h"

namespace bulkhead::init {

using plan::Step;

namespace {

constexpr unsigned long kUnlockTerminal = 0x40045431;  // TIOCSPTLCK
constexpr unsigned long kOpenPeer = 0x5441;            // TIOCGPTPEER, Linux 4.13

void make_pipe(Context& context, int& for_process, int& for_monitor, bool process_reads) {
  int ends[2];
  must(context, sys::pipe2(ends, O_CLOEXEC));
  for_process = process_reads ? ends[0] : ends[1];
  for_monitor = process_reads ? ends[1] : ends[0];
}

void set_size(Context& context, int terminal) {
  const auto& wanted = context.plan->terminal;
  if (wanted.rows == 0 || wanted.columns == 0) return;
  const winsize size{static_cast<unsigned short>(wanted.rows), static_cast<unsigned short>(wanted.columns), 0, 0};
  must(context, sys::ioctl(terminal, TIOCSWINSZ, &size));
}

bool is_pipe(int fd) {
  struct statx status {};
  return sys::statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &status) == 0 && (status.stx_mode & S_IFMT) == S_IFIFO;
}

void send_master(Context& context, int master) {
  const plan::Slot console = context.plan->terminal.consoleSocket;
  // The OCI way: one message whose text is the master's name, with the descriptor.
  static const char kName[] = "/dev/ptmx";
  const long sent = console == plan::kNoSlot ? send_with_fd(context.sync, "t", 1, master)
                                             : send_with_fd(slot_fd(console), kName, sizeof kName - 1, master);
  must(context, sent);
}

}  // namespace

// A pipe belongs to whom made it: to the container's root, so that he can hand it to the process's user.
void make_pipes(Context& context, Streams& streams, MonitorStreams& monitor) {
  const uint32_t uid = root_outside(context, context.plan->uidMappings);
  enter(context, Step::kStdio, "pipe");
  if (uid != 0) sys::call(__NR_setfsuid, uid);
  if ((context.plan->monitor.flags & plan::kMonitorOpenStdin) != 0) {
    make_pipe(context, streams.ends[0], monitor.input, true);
  }
  make_pipe(context, streams.ends[1], monitor.output, false);
  make_pipe(context, streams.ends[2], monitor.error, false);
  if (uid != 0) sys::call(__NR_setfsuid, 0);
}

// Never the host's null device, whose owner and mode the container's root could change through /proc/self/fd/0.
void give_empty_input(Context& context, Streams& streams, int null_device) {
  if (context.plan->stdio != plan::StdioMode::kPipes || streams.ends[0] >= 0) return;
  int ends[2] = {null_device, -1};
  if (null_device < 0) {
    must(context, sys::pipe2(ends, O_CLOEXEC));
    sys::close(ends[1]);
  }
  streams.ends[0] = ends[0];
}

// Safe because the multiplexer is opened through the devpts mount's own descriptor, and the other end by ioctl, never by the
// name /dev/pts/N, which the container could have exchanged (CVE-2025-52565).
void open_terminal(Context& context, Streams& streams) {
  enter(context, Step::kTerminal);
  if (context.devpts < 0) fail(context, -ENODEV, "devpts");
  const int master = must(context, sys::openat(context.devpts, "ptmx", O_RDWR | O_NOCTTY));
  const int locked = 0;
  must(context, sys::ioctl(master, kUnlockTerminal, &locked));
  const int peer = must(context, sys::ioctl(master, kOpenPeer, static_cast<long>(O_RDWR | O_NOCTTY | O_CLOEXEC)));
  set_size(context, master);
  send_master(context, master);
  sys::close(master);
  for (int& end : streams.ends) end = peer;
  streams.is_terminal = true;
}

void bind_console(Context& context, const Streams& streams) {
  enter(context, Step::kTerminal, "/dev/console");
  const int source = must(context, sys::open_tree(streams.ends[0], "", OPEN_TREE_CLONE | AT_EMPTY_PATH));
  const int target = must(context, open_or_make_in_root(context, "/dev/console", Follow::kNothing, Missing::kFile));
  must(context, sys::move_mount(source, target));
  sys::close(source);
  sys::close(target);
}

void own_streams(const Streams& streams, const Identity& identity) {
  if (identity.uid == 0) return;
  for (const int end : streams.ends) {
    // Only what was made for this process, which the null device was not: it is everybody's in the container, and with a
    // bound /dev the host's. A failure leaves the stream as usable as it was: by its descriptor.
    if (end >= 0 && (streams.is_terminal || is_pipe(end)))
      sys::fchownat(end, "", identity.uid, static_cast<uint32_t>(-1), AT_EMPTY_PATH);
  }
}

}  // namespace bulkhead::init
