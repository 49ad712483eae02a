// Entering and making namespaces around the clone.
#include "namespaces.h"

#include "files.h"

namespace bulkhead::init {

using plan::NamespaceJoin;
using plan::Step;

namespace {

struct NamespaceKind {
  uint32_t flag;
  const char* file;
};
constexpr NamespaceKind kKinds[] = {
    {CLONE_NEWUSER, "user"}, {CLONE_NEWNS, "mnt"},  {CLONE_NEWPID, "pid"},       {CLONE_NEWNET, "net"},
    {CLONE_NEWIPC, "ipc"},   {CLONE_NEWUTS, "uts"}, {CLONE_NEWCGROUP, "cgroup"}, {CLONE_NEWTIME, "time"},
};
const char* name_of(uint32_t flag) {
  for (const auto& kind : kKinds) {
    if (kind.flag == flag) return kind.file;
  }
  return "";
}

void join(Context& context, const NamespaceJoin& wanted) {
  enter(context, Step::kNamespaceJoin, name_of(wanted.cloneFlag));
  must(context, sys::setns(slot_fd(wanted.slot), wanted.cloneFlag));
  if (wanted.cloneFlag == CLONE_NEWPID) {
    context.pid_namespace = slot_fd(wanted.slot);
  } else {
    sys::close(slot_fd(wanted.slot));
  }
}

void join_matching(Context& context, uint32_t flags) {
  for (const auto& wanted : each(context, context.plan->joinNamespaces)) {
    if ((wanted.cloneFlag & flags) != 0) join(context, wanted);
  }
}

// Whether the namespace is the one of `process` ("self", "1"): the same file of the same nsfs (namespaces(7)).
bool is_namespace_of(const char* process, const NamespaceJoin& wanted) {
  struct statx own {
  }, joined{};
  Buffer<64> path;
  path.put("/proc/").put(process).put("/ns/").put(name_of(wanted.cloneFlag));
  return sys::statx(AT_FDCWD, path.text(), 0, STATX_INO, &own) == 0 &&
         sys::statx(slot_fd(wanted.slot), "", AT_EMPTY_PATH, STATX_INO, &joined) == 0 &&
         own.stx_ino == joined.stx_ino && own.stx_dev_major == joined.stx_dev_major &&
         own.stx_dev_minor == joined.stx_dev_minor;
}

// The kind of namespace that a kernel setting belongs to; core/oci/sysctl_rules.cpp lets no others through.
uint32_t namespace_of_sysctl(const char* path) {
  if (starts_with(path, "net/")) return CLONE_NEWNET;
  return equal(path, "kernel/domainname") || equal(path, "kernel/hostname") ? CLONE_NEWUTS : CLONE_NEWIPC;
}

// What the plan would write into a namespace of this kind; null: nothing.
const char* find_write(const Context& context, uint32_t flag) {
  const auto& plan = *context.plan;
  if (flag == CLONE_NEWUTS && plan.hostname.offset != 0) return context.text(plan.hostname);
  if (flag == CLONE_NEWUTS && plan.domainname.offset != 0) return context.text(plan.domainname);
  for (const auto& sysctl : each(context, plan.sysctls)) {
    if (namespace_of_sysctl(context.text(sysctl.path)) == flag) return context.text(sysctl.path);
  }
  return nullptr;
}

// The offsets can be written only before a process has entered the namespace (time_namespaces(7)).
void make_time_namespace(Context& context) {
  enter(context, Step::kClone, "time");
  must(context, sys::unshare(CLONE_NEWTIME));
  Buffer<256> text;
  for (const auto& offset : each(context, context.plan->timeOffsets)) {
    text.put(offset.isBoottime != 0 ? "boottime " : "monotonic ")
        .number(offset.seconds)
        .put(' ')
        .number(uint64_t{offset.nanoseconds})
        .put('\n');
  }
  if (text.size() > 0)
    must(context, write_file(AT_FDCWD, "/proc/self/timens_offsets", text.text(), text.size()), "timens_offsets");
}

// The cgroup namespace comes later, by unshare: made here, its root would be the monitor's own group.
uint32_t namespaces_of_clone(const Context& context) {
  return context.plan->newNamespaces & ~uint32_t{CLONE_NEWCGROUP | CLONE_NEWTIME};
}

}  // namespace

void check_joined_namespaces(Context& context) {
  for (const auto& wanted : each(context, context.plan->joinNamespaces)) {
    const char* write = find_write(context, wanted.cloneFlag);
    if (write == nullptr || !(is_namespace_of("self", wanted) || is_namespace_of("1", wanted))) continue;
    enter(context, Step::kNamespaceJoin, write);
    fail(context, -EPERM);
  }
}

void make_child_namespaces(Context& context) {
  if ((context.plan->newNamespaces & CLONE_NEWTIME) != 0) make_time_namespace(context);
}

int clone_container(Context& context, const CgroupJoins& joins, int* pidfd) {
  enter(context, Step::kClone, "container");
  clone_args arguments{};
  arguments.flags = CLONE_PIDFD | (joins_namespace(context, CLONE_NEWUSER) ? 0 : namespaces_of_clone(context));
  arguments.pidfd = reinterpret_cast<uint64_t>(pidfd);
  arguments.exit_signal = SIGCHLD;
  if (joins.v2 >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(joins.v2);
  }
  long pid = sys::clone3(arguments);
  if (pid == -EBUSY && context.plan->kind == plan::Kind::kExec && joins.v2 >= 0) {
    const int group = must(context, open_group_of_target(context), "cgroup of the container's process");
    arguments.cgroup = static_cast<uint64_t>(group);
    pid = sys::clone3(arguments);
    sys::close(group);
  }
  return must(context, pid);
}

// Namespaces that are joined come before the user namespace, as long as there are the host's rights to all of them; the pid
// namespace comes after the clone, for what is in it is seen by others (cloning.cpp).
void enter_user_namespace(Context& context) {
  join_matching(context, ~uint32_t{CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWPID});
  join_matching(context, CLONE_NEWUSER);
  become_namespace_root(context);
  enter(context, Step::kClone, "in user namespace");
  clone_args arguments{};
  // CLONE_PARENT: the monitor's child, with the exit signal of this one, which must not be named again (clone(2)).
  arguments.flags = CLONE_PARENT | CLONE_PARENT_SETTID | namespaces_of_clone(context);
  arguments.parent_tid = reinterpret_cast<uint64_t>(&context.ledger->innerPid);
  if (must(context, sys::clone3(arguments)) != 0) sys::exit(0);
}

void adopt_inner_child(Context& context) {
  sys::waitid(P_PID, context.child, nullptr, WEXITED);
  sys::close(context.child_pidfd);
  context.child = __atomic_load_n(&context.ledger->innerPid, __ATOMIC_ACQUIRE);
  // Nobody but this process's own children has the ledger; the first of them has ended, and was not seen by the container.
  if (context.child <= 0) fail(context, -ECHILD, "user namespace");
  context.child_pidfd = must(context, sys::pidfd_open(context.child));
}

void join_namespaces(Context& context) {
  const bool has_joined = joins_namespace(context, CLONE_NEWUSER);  // by enter_user_namespace
  join_matching(context, has_joined ? CLONE_NEWPID : ~uint32_t{CLONE_NEWUSER | CLONE_NEWCGROUP});
}

// The ids that a user namespace gives a process before this are no ids at all (the overflow id): files could not be made.
void become_namespace_root(Context& context) {
  enter(context, Step::kIdMap, "root");
  must(context, sys::setresgid(0), "gid 0");
  must(context, sys::setresuid(0), "uid 0");
  // New credentials have set it to fs.suid_dumpable: others in that namespace must not attach to this process.
  must(context, sys::prctl(PR_SET_DUMPABLE, 0));
}

void enter_cgroup_namespace(Context& context) {
  join_matching(context, CLONE_NEWCGROUP);
  if ((context.plan->newNamespaces & CLONE_NEWCGROUP) == 0) return;
  enter(context, Step::kClone, "cgroup");
  must(context, sys::unshare(CLONE_NEWCGROUP));
}

}  // namespace bulkhead::init
