// Entering a running container with one more process.
//
//   monitor ── clone3(INTO_CGROUP) ──▶ intermediate ── clone(PARENT) ──▶ final ── execve
//     │ stays outside, and serves        │ joins all namespaces, takes      │ in the pid namespace: visible to the
//     │                                  │ the container's identity and     │ container, with no more rights and no
//     │                                  │ rights; unseen by the container  │ more descriptors than its processes have
//     └◀────────── child of the monitor by CLONE_PARENT ────────────────────┘
#include "exec.h"

#include "cgroups.h"
#include "cloning.h"
#include "descriptors.h"
#include "handshake.h"
#include "monitor.h"
#include "namespaces.h"
#include "oom_score.h"
#include "resolve.h"
#include "scheduling.h"
#include "status.h"

namespace bulkhead::init {

using plan::Step;

namespace {

constexpr unsigned long kAllNamespaces =
    CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWCGROUP | CLONE_NEWTIME;

struct NamespaceName {
  const char* name;
  unsigned long flag;
};
constexpr NamespaceName kNames[] = {
    {"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS},  {"pid", CLONE_NEWPID},       {"net", CLONE_NEWNET},
    {"ipc", CLONE_NEWIPC},   {"uts", CLONE_NEWUTS}, {"cgroup", CLONE_NEWCGROUP}, {"time", CLONE_NEWTIME},
};

void undo(Context& context) {
  remove_socket_name(context);
  if (context.child <= 0) return;
  if (const int pid = final_child(context); pid > 0) sys::kill(pid, SIGKILL);
  sys::pidfd_send_signal(context.child_pidfd, SIGKILL);
  sys::waitid(P_PID, context.child, nullptr, WEXITED);
}

// The pidfd first, then the start time: if they agree, the pidfd is of the process that was meant, whatever comes after.
int open_target(Context& context) {
  const plan::Target& target = context.plan->target;
  enter(context, Step::kNamespaceJoin, "container");
  const int pidfd = must(context, sys::pidfd_open(static_cast<int>(target.pid)));
  if (target.hasStartTime != 0 && start_time_ticks(static_cast<int>(target.pid)) != target.startTimeTicks)
    fail(context, -ESRCH);
  return pidfd;
}

// Inode numbers name namespaces (namespaces(7)).
bool differs(Context& context, const NamespaceName& name) {
  struct statx own {
  }, theirs{};
  Buffer<64> path;
  if (sys::statx(AT_FDCWD, path.put("/proc/self/ns/").put(name.name).text(), 0, STATX_INO, &own) < 0) return false;
  path.clear();
  path.put("/proc/").number(uint64_t{context.plan->target.pid}).put("/ns/").put(name.name);
  must(context, sys::statx(AT_FDCWD, path.text(), 0, STATX_INO, &theirs), name.name);
  return own.stx_ino != theirs.stx_ino;
}

unsigned long differing(Context& context) {
  unsigned long flags = 0;
  for (const auto& name : kNames) {
    if (differs(context, name)) flags |= name.flag;
  }
  return flags;
}

// One setns for all: the kernel checks every right before it changes anything, and with the user namespace among them the
// rights in it are gained for the others (setns(2), Linux 5.8). Safe because nothing of the host's is held any more but the
// sync socket and the streams: whatever the container's processes can see of this one leads nowhere.
// To enter what one is in already changes nothing, but for the user namespace, where it is an error. So only that is looked at;
// the others only where that does not work: the kernel lacks a kind, or this process has no rights to one that it is in.
void enter_container(Context& context, int pidfd) {
  enter(context, Step::kNamespaceJoin, "all");
  const unsigned long user = differs(context, kNames[0]) ? CLONE_NEWUSER : 0;
  if (sys::setns(pidfd, kAllNamespaces | user) < 0) must(context, sys::setns(pidfd, differing(context)));
  sys::close(pidfd);
  if (user != 0) become_namespace_root(context);
  context.root = must(context, sys::openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY), "/");
}

// /dev/pts by name is the container's word: only a devpts counts (statfs(2), DEVPTS_SUPER_MAGIC).
void find_devpts(Context& context) {
  if (context.plan->stdio != plan::StdioMode::kTerminal) return;
  enter(context, Step::kTerminal, "/dev/pts");
  context.devpts = must(context, open_in_root(context, "/dev/pts", O_DIRECTORY, Follow::kNothing));
  long filesystem[16] = {};
  must(context, sys::call(__NR_fstatfs, context.devpts, filesystem));
  if (filesystem[0] != 0x1cd1) fail(context, -ENODEV);
}

// What the container calls /dev/null, if it is what that name says: looked at (O_PATH) before it is opened, for to open some
// other device might do something. -1: it is not.
int open_null(Context& context) {
  struct statx status {};
  if (probe_in_root(context, "/dev/null", status) < 0) return -1;
  const bool is_null =
      (status.stx_mode & S_IFMT) == S_IFCHR && status.stx_rdev_major == 1 && status.stx_rdev_minor == 3;
  const long fd = is_null ? reopen_in_root(context, "/dev/null", O_RDWR, status) : -1;
  return fd < 0 ? -1 : static_cast<int>(fd);
}

void make_streams(Context& context, Streams& streams) {
  find_devpts(context);
  if (context.plan->stdio == plan::StdioMode::kTerminal) open_terminal(context, streams);
  if (context.plan->stdio == plan::StdioMode::kPipes && streams.ends[0] < 0)
    give_empty_input(context, streams, open_null(context));
}

[[noreturn]] void be_intermediate(Context& context, int sync, int pidfd, const CgroupJoins& joins, Streams& streams) {
  context.is_monitor = false;
  context.undo = nullptr;
  context.entry = nullptr;
  sys::close(context.sync);
  context.sync = sync;
  die_with_monitor(context);
  set_security_labels(context);
  join_cgroups(context, joins);
  take_final_cpus(context);
  keep_process_descriptors(context, streams, pidfd);
  enter_container(context, pidfd);
  make_streams(context, streams);
  Identity identity;
  Executable executable;
  resolve_user(context, identity);
  prepare_process(context, identity, streams, Role::kClones, executable);
  execute_in_joined_pid_namespace(context, streams, executable);
}

}  // namespace

void exec(Context& context) {
  const bool stays = context.plan->monitor.mode == plan::MonitorMode::kStay;
  if (stays) sys::setsid();
  die_with_launcher(context);
  CgroupJoins joins;
  Streams streams;
  MonitorStreams monitor_streams;
  OomScore score;
  int sync[2];
  context.undo = undo;
  const int pidfd = open_target(context);
  const int listener = stays ? listen_for_clients(context) : -1;
  make_cgroups(context, joins);
  if (context.plan->stdio == plan::StdioMode::kPipes) make_pipes(context, streams, monitor_streams);
  must(context, sys::socketpair(sys::kSeqpacket, sync));
  context.sync = sync[0];
  take_oom_score(context, score);
  take_initial_cpus(context);
  context.child = clone_container(context, joins, &context.child_pidfd);
  if (context.child == 0) be_intermediate(context, sync[1], pidfd, joins, streams);
  set_scheduling(context);
  restore_cpus(context);
  leave(context);
  restore_oom_score(context, score);
  keep_monitor_descriptors(context, monitor_streams, listener);
  const bool is_waiting = hear_container(context, monitor_streams);
  adopt_final_child(context);
  set_scheduling_of_final(context);
  const uint64_t start_time = start_time_ticks(context.child);
  report(is_waiting ? plan::StatusKind::kCreated : plan::StatusKind::kStarted, context.child, start_time);
  if (!stays) sys::exit(0);
  serve(context, monitor_streams, listener, start_time);
}

}  // namespace bulkhead::init
