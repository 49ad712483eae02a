// The monitor's half of making a container: what needs the host's rights, the clone, and the wait for execve.
#include "create.h"

#include "cgroups.h"
#include "container.h"
#include "descriptors.h"
#include "handshake.h"
#include "host_mounts.h"
#include "id_map.h"
#include "monitor.h"
#include "namespaces.h"
#include "oom_score.h"
#include "process.h"
#include "scheduling.h"
#include "status.h"

namespace bulkhead::init {

using plan::MonitorMode;
using plan::StdioMode;
using plan::Step;

namespace {

bool has_new_user_namespace(const Context& context) { return (context.plan->newNamespaces & CLONE_NEWUSER) != 0; }

// The launcher waits two seconds for the undoing.
constexpr int kUndoMs = 1000;

// Undone in reverse: the container's processes, then its groups, then the socket's name. Mounts are detached and go with their descriptors.
void undo(Context& context) {
  if (context.child > 0) {
    sys::pidfd_send_signal(context.child_pidfd, SIGKILL);
    kill_cgroups(context, kUndoMs);
    if (const int pid = final_child(context); pid > 0) sys::kill(pid, SIGKILL);
    sys::waitid(P_PID, context.child, nullptr, WEXITED);
  }
  remove_cgroups(context, kUndoMs);
  remove_socket_name(context);
  // Before its lock, which goes with this process.
  if (context.overlay >= 0) sys::close(context.overlay);
}

// The user namespace's descriptor when it is one that exists already.
int joined_user_namespace(const Context& context) {
  for (const auto& join : each(context, context.plan->joinNamespaces)) {
    if (join.cloneFlag == CLONE_NEWUSER) return slot_fd(join.slot);
  }
  return -1;
}

int open_user_namespace(Context& context) {
  Buffer<40> path;
  path.put("/proc/").number(context.child).put("/ns/user");
  return must(context, sys::openat(AT_FDCWD, path.text(), O_RDONLY), "user namespace");
}

// Of the host's mounts the monitor keeps the overlay's descriptor alone: as long as it is open, the end of the container
// does not wait for the file system's sync (umount of a writable overlay is a syncfs).
void make_mounts(Context& context, HostMounts& host, int user_namespace) {
  make_host_mounts(context, host, user_namespace);
  if (context.plan->root.kind == plan::RootKind::kOverlay) context.overlay = host.root;
}

// A new user namespace exists only now: its maps, and the mounts that are mapped by it.
void finish_user_namespace(Context& context, HostMounts& host) {
  if (!has_new_user_namespace(context)) return;
  write_id_maps(context, context.child);
  must(context, sys::send(context.sync, "m", 1, 0));
  const int user_namespace = open_user_namespace(context);
  make_mounts(context, host, user_namespace);
  sys::close(user_namespace);
  send_host_mounts(context, host);
  leave(context);
}

// A copy of the monitor's descriptors is the clone's: its own ends must not keep the pipes open here.
[[noreturn]] void be_container(Context& context, int sync, const CgroupJoins& joins, HostMounts& host, Streams& streams,
                               const MonitorStreams& ends) {
  context.is_monitor = false;
  context.undo = nullptr;
  context.entry = nullptr;
  sys::close(context.sync);
  context.sync = sync;
  const int monitor_ends[] = {ends.input, ends.output, ends.error};
  for (const int fd : monitor_ends) {
    if (fd >= 0) sys::close(fd);
  }
  die_with_monitor(context);
  become_container(context, joins, host, streams);
}

}  // namespace

void create(Context& context) {
  const bool stays = context.plan->monitor.mode == MonitorMode::kStay;
  if (stays) sys::setsid();
  die_with_launcher(context);
  CgroupJoins joins;
  HostMounts host;
  Streams streams;
  MonitorStreams monitor_streams;
  OomScore score;
  int sync[2];
  context.undo = undo;
  check_joined_namespaces(context);
  lock_upper_directory(context);
  const int listener = stays ? listen_for_clients(context) : -1;
  make_cgroups(context, joins);
  make_child_namespaces(context);
  if (!has_new_user_namespace(context)) make_mounts(context, host, joined_user_namespace(context));
  if (context.plan->stdio == StdioMode::kPipes) make_pipes(context, streams, monitor_streams);
  must(context, sys::socketpair(sys::kSeqpacket, sync));
  context.sync = sync[0];
  take_oom_score(context, score);
  context.child = clone_container(context, joins, &context.child_pidfd);
  if (context.child == 0) be_container(context, sync[1], joins, host, streams, monitor_streams);
  set_scheduling(context);
  leave(context);
  restore_oom_score(context, score);
  sys::close(sync[1]);
  if (joined_user_namespace(context) >= 0) adopt_inner_child(context);
  finish_user_namespace(context, host);
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
