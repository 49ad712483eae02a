// The container's half: what the process that becomes PID 1 does between clone and execve.
// System calls only; nothing is allocated but by mmap; every descriptor is close-on-exec from its birth.
#include "container.h"

#include "cloning.h"
#include "host_mounts.h"
#include "mounts.h"
#include "process.h"
#include "surroundings.h"

namespace bulkhead::init {

using plan::Step;

namespace {

bool has_new_user_namespace(const Context& context) { return (context.plan->newNamespaces & CLONE_NEWUSER) != 0; }

// The monitor's "m": the maps are written. Its next messages are the mounts that needed them.
void wait_for_id_maps(Context& context) {
  if (!has_new_user_namespace(context)) return;
  enter(context, Step::kIdMap, "uid_map");
  char byte;
  if (sys::recv(context.sync, &byte, 1, 0) != 1) sys::exit(1);
}

void make_surroundings(Context& context) {
  set_hostname(context);
  bring_loopback_up(context);
  write_sysctls(context);
}

void make_root(Context& context, const HostMounts& host, Streams& streams) {
  attach_root(context, host);
  attach_mounts(context, host);
  bind_devices(context, host);
  make_symlinks(context);
  if (context.plan->stdio == plan::StdioMode::kTerminal) {
    open_terminal(context, streams);
    bind_console(context, streams);
  }
}

// OCI hooks: run by the runtime while the container is made but its old root is still there.
void let_launcher_act(Context& context) {
  if ((context.plan->flags & plan::kPlanSyncBeforePivot) == 0) return;
  enter(context, Step::kSync);
  must(context, sys::send(context.sync, "s", 1, 0));
  char byte;
  if (sys::recv(context.sync, &byte, 1, 0) != 1) fail(context, -ECANCELED);
}

}  // namespace

// The ledger of a start, in order.
void become_container(Context& context, const CgroupJoins& joins, HostMounts& host, Streams& streams) {
  set_security_labels(context);
  join_cgroups(context, joins);
  if (joins_namespace(context, CLONE_NEWUSER)) {
    enter_user_namespace(context);
    die_with_monitor(context);  // of the one that was cloned there nobody knows it yet
  }
  join_namespaces(context);
  wait_for_id_maps(context);
  if (has_new_user_namespace(context)) become_namespace_root(context);
  enter_cgroup_namespace(context);
  if (has_new_user_namespace(context)) receive_host_mounts(context, host);
  give_empty_input(context, streams, host.null_device);
  make_root(context, host, streams);
  let_launcher_act(context);
  make_surroundings(context);
  mask_paths(context);
  make_paths_readonly(context);
  seal_mounts(context);
  pivot(context);
  Identity identity;
  Executable executable;
  resolve_user(context, identity);
  const Role role = joins_namespace(context, CLONE_NEWPID) ? Role::kClones : Role::kExecutes;
  prepare_process(context, identity, streams, role, executable);
  if (role == Role::kClones) execute_in_joined_pid_namespace(context, streams, executable);
  execute(context, executable);
}

}  // namespace bulkhead::init
