// From the container's surroundings to its program: the order of the last steps, and execve.
#include "process.h"

#include "resolve.h"
#include "scheduling.h"
#include "signals.h"

namespace bulkhead::init {

using plan::Step;

namespace {

bool has_no_new_privileges(const Context& context) {
  return (context.plan->process.flags & plan::kProcessNoNewPrivileges) != 0;
}

// Safe because the directory is opened inside the root, without magic links, and getcwd then tells whether it really lies
// below it: a cwd such as /proc/self/fd/8 that leads to a leaked host directory is refused (CVE-2024-21626).
void enter_working_directory(Context& context) {
  const char* path = context.text(context.plan->process.workingDirectory);
  const bool may_create = context.plan->kind == plan::Kind::kCreate;
  enter(context, Step::kWorkingDirectory, path);
  const int fd = must(context, may_create ? open_or_make_in_root(context, path, Follow::kSymlinks, Missing::kDirectory)
                                          : open_in_root(context, path, O_DIRECTORY, Follow::kSymlinks));
  must(context, sys::fchdir(fd));
  sys::close(fd);
  char where[4096];
  must(context, sys::getcwd(where, sizeof where));
  if (where[0] != '/') fail(context, -EXDEV);  // "(unreachable)…"
}

// The launcher's own FIFO never ends, for its other end is held here too. A socket whose other end is closed says that nobody
// is left who could let this process go.
void wait_for_start(Context& context) {
  if (context.start_fifo < 0) return;
  enter(context, Step::kWaitStart);
  must(context, sys::send(context.sync, "c", 1, 0));
  struct pollfd fifo {
    context.start_fifo, POLLIN, 0
  };
  char byte;
  for (long count = 0; (count = sys::read(fifo.fd, &byte, 1)) != 1;) {
    if (count == 0) fail(context, -ECANCELED, "launcher");
    sys::poll(&fifo, 1, -1);
  }
}

void take_streams(Context& context, const Streams& streams) {
  static const char* const kNames[] = {"standard input", "standard output", "standard error"};
  for (int i = 0; i < 3; i++) {
    enter(context, Step::kStdio, kNames[i]);
    if (streams.ends[i] >= 0) must(context, sys::dup3(streams.ends[i], i, 0));
  }
}

bool has_lenient_filter(const Context& context) {
  return (context.plan->process.flags & plan::kProcessFilterBeforeClone) != 0;
}

bool stays_with_monitor(const Context& context) { return context.plan->monitor.mode == plan::MonitorMode::kStay; }

bool has_listener(const Context& context) { return context.plan->process.seccomp.listenerSocket != plan::kNoSlot; }

// A filter has to be loaded early without no_new_privs, for that needs CAP_SYS_ADMIN. So has one with a listener, whose
// descriptor must not be held where other processes of the container could take it. Otherwise it is loaded last, or before the
// clone of a process that others see (cloning.cpp).
bool is_filter_early(const Context& context) { return !has_no_new_privileges(context) || has_listener(context); }

// Preserved descriptors to 3 … 3+n−1; the sync socket, whose end by execve tells the monitor of success, and the start FIFO
// right behind them, close-on-exec. Everything else is closed here and now: nothing is left over for want of a flag
// (CVE-2024-21626). close_range is the check too: what it has closed need not be looked for in /proc/self/fd.
void settle_descriptors(Context& context) {
  const int count = static_cast<int>(context.plan->process.preservedFds);
  const int fifo = slot_fd(context.plan->monitor.startFifo);
  enter(context, Step::kSelfCheck, "descriptors");
  const int first_free = plan::kFirstSlotFd + count;  // beyond every source and every place
  const int sync = must(context, sys::fcntl(context.sync, F_DUPFD_CLOEXEC, first_free));
  const int start = fifo < 0 ? -1 : must(context, sys::fcntl(fifo, F_DUPFD_CLOEXEC, first_free));
  for (int i = 0; i < count; i++) must(context, sys::dup3(slot_fd(i), 3 + i, 0));
  context.sync = must(context, sys::dup3(sync, 3 + count, O_CLOEXEC));
  if (start >= 0) context.start_fifo = must(context, sys::dup3(start, 4 + count, O_CLOEXEC));
  must(context, sys::close_range(static_cast<unsigned>(start >= 0 ? 5 + count : 4 + count), ~0u, 0));
}

// What an early filter need not allow: done before it is loaded.
void settle(Context& context, const Streams& streams, Role role) {
  take_streams(context, streams);
  // A monitor that leaves does so while the process waits or executes.
  if (!stays_with_monitor(context)) must(context, sys::prctl(PR_SET_PDEATHSIG, 0));
  settle_descriptors(context);
  if (role == Role::kExecutes) lead_session(context, streams);
  if (is_filter_early(context)) load_seccomp(context);
}

}  // namespace

// The process dies with its monitor: without it nobody would take its output, its exit status or its mount, and what hung
// when the launch was given up would run on alone. The question after it closes the race with a monitor that has just died.
void die_with_monitor(Context& context) {
  must(context, sys::prctl(PR_SET_PDEATHSIG, SIGKILL));
  char byte;
  if (sys::recv(context.sync, &byte, 1, sys::kDontWait | sys::kPeek) == 0) sys::exit(1);
}

void lead_session(Context& context, const Streams& streams) {
  set_signal_mask(0);
  must(context, sys::setsid());
  // A session leader now, and the terminal is nobody's yet: it becomes the controlling one (ioctl_tty(2)).
  if (streams.is_terminal) must(context, sys::ioctl(0, TIOCSCTTY, 0L));
}

void prepare_process(Context& context, const Identity& identity, const Streams& streams, Role role,
                     Executable& executable) {
  const auto& process = context.plan->process;
  set_personality(context);
  set_rlimits(context);
  join_new_keyring(context);
  if ((process.flags & plan::kProcessHasUmask) != 0) sys::umask(process.umask);
  enter_working_directory(context);
  own_streams(streams, identity);
  settle(context, streams, role);
  limit_bounding_set(context);
  become(context, identity);
  set_capabilities(context);
  if (has_no_new_privileges(context)) {
    enter(context, Step::kNoNewPrivileges, "no_new_privs");
    must(context, sys::prctl(PR_SET_NO_NEW_PRIVS, 1));
  }
  find_executable(context, identity, executable);
}

void execute(Context& context, const Executable& executable) {
  // Once more: the kernel forgets it whenever credentials change (prctl(2), PR_SET_PDEATHSIG); over execve it stays, unless
  // the program is set-user-ID. Before the waiting, which must not outlive the monitor either.
  if (stays_with_monitor(context)) die_with_monitor(context);
  // A filter that lets it wait and execute need not wait itself.
  if (stays_with_monitor(context) && has_lenient_filter(context)) load_seccomp(context);
  wait_for_start(context);
  load_seccomp(context);
  enter(context, Step::kExecute, context.text(context.begin(context.plan->process.arguments)[0]));
  context.ledger->isExecuting = 1;
  const long result = sys::execve(executable.path, executable.arguments, executable.environment);
  context.ledger->isExecuting = 0;
  fail(context, result);
}

}  // namespace bulkhead::init
