// The step from a process that stands ready, with nothing left that it may not have, to the one that executes.
#include "cloning.h"

namespace bulkhead::init {

// Whoever is in that namespace already sees this process from the clone on, and might attach to it with CAP_SYS_PTRACE
// (CVE-2016-9962). So everything that needs rights was done outside; what is cloned here is no more than what it executes.
// CLONE_PARENT makes it the monitor's child; its pid is written where the monitor sees it. Plain clone: a filter may be
// loaded already, and those that look into flags refuse clone3.
// The filter too comes before the clone, if it allows what is left to do: who attached in between would have a process
// without one. (Under one that does not, nothing could be executed; it is loaded right before execve.)
void execute_in_joined_pid_namespace(Context& context, const Streams& streams, const Executable& executable) {
  if ((context.plan->process.flags & plan::kProcessFilterBeforeClone) != 0) load_seccomp(context);
  enter(context, plan::Step::kClone);
  const long pid =
      sys::call(__NR_clone, CLONE_PARENT | CLONE_PARENT_SETTID, nullptr, &context.ledger->pid, nullptr, nullptr);
  if (must(context, pid) == 0) {
    lead_session(context, streams);
    execute(context, executable);
  }
  sys::exit(0);
}

}  // namespace bulkhead::init
