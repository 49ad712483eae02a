// Entering and making namespaces around the clone.
#include "namespaces.h"

#include "files.h"

namespace bulkhead::init {

using plan::NamespaceJoin;
using plan::Step;

namespace {

void join(Context& context, const NamespaceJoin& wanted) {
  enter(context, Step::kNamespaceJoin);
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

}  // namespace

void make_child_namespaces(Context& context) {
  if ((context.plan->newNamespaces & CLONE_NEWTIME) != 0) make_time_namespace(context);
}

// The cgroup namespace comes later, by unshare: made here, its root would be the monitor's own group.
int clone_container(Context& context, const CgroupJoins& joins, int* pidfd) {
  enter(context, Step::kClone);
  clone_args arguments{};
  arguments.flags = CLONE_PIDFD | (context.plan->newNamespaces & ~uint32_t{CLONE_NEWCGROUP | CLONE_NEWTIME});
  arguments.pidfd = reinterpret_cast<uint64_t>(pidfd);
  arguments.exit_signal = SIGCHLD;
  if (joins.v2 >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(joins.v2);
  }
  return must(context, sys::clone3(arguments));
}

void join_namespaces(Context& context) {
  join_matching(context, CLONE_NEWUSER);
  join_matching(context, ~uint32_t{CLONE_NEWUSER | CLONE_NEWCGROUP});
}

// The ids that a user namespace gives a process before this are no ids at all (the overflow id): files could not be made.
void become_namespace_root(Context& context) {
  enter(context, Step::kIdMap);
  must(context, sys::setresgid(0), "gid 0");
  must(context, sys::setresuid(0), "uid 0");
}

void enter_cgroup_namespace(Context& context) {
  join_matching(context, CLONE_NEWCGROUP);
  if ((context.plan->newNamespaces & CLONE_NEWCGROUP) == 0) return;
  enter(context, Step::kClone, "cgroup");
  must(context, sys::unshare(CLONE_NEWCGROUP));
}

}  // namespace bulkhead::init
