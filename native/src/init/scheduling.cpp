// How the process is scheduled: policy, priorities, processors; and its personality.
#include "scheduling.h"

namespace bulkhead::init {

using plan::Step;

namespace {

// linux/ioprio.h is no C++.
constexpr int kIoPriorityWhoProcess = 1;

// A clone of a SCHED_DEADLINE process fails, and with RESET_ON_FORK it is an ordinary one: then only who executes gets it.
bool is_inherited(const plan::Scheduler& scheduler) {
  return scheduler.policy != SCHED_DEADLINE && (scheduler.flags & SCHED_FLAG_RESET_ON_FORK) == 0;
}

void apply_scheduler(Context& context) {
  enter(context, Step::kScheduling, "scheduler");
  must(context, sys::call(__NR_sched_setattr, context.child, &context.plan->process.scheduler, 0));
}

// All that there may be: the kernel cuts it down to those of the process's cpuset.
long allow_all_cpus() {
  unsigned long mask[1024 / sizeof(long)];
  for (unsigned long& word : mask) word = ~0ul;
  return sys::call(__NR_sched_setaffinity, 0, sizeof mask, mask);
}

}  // namespace

// With the pid from outside, for in a user namespace nobody may raise a priority. Safe: it is a child of this process that
// has not been waited for, so that its pid is nobody else's.
void set_scheduling(Context& context) {
  const auto& process = context.plan->process;
  if (process.scheduler.size != 0 && (context.plan->kind == plan::Kind::kCreate || is_inherited(process.scheduler)))
    apply_scheduler(context);
  if (process.ioPriority == 0) return;
  enter(context, Step::kScheduling, "ioPriority");
  must(context, sys::call(__NR_ioprio_set, kIoPriorityWhoProcess, context.child, process.ioPriority));
}

void set_scheduling_of_final(Context& context) {
  const auto& scheduler = context.plan->process.scheduler;
  if (scheduler.size != 0 && context.plan->kind == plan::Kind::kExec && !is_inherited(scheduler))
    apply_scheduler(context);
}

void take_initial_cpus(Context& context) {
  const plan::Text cpus = context.plan->process.initialCpus;
  if (cpus.offset == 0) return;
  enter(context, Step::kScheduling, "execCPUAffinity.initial");
  must(context, sys::call(__NR_sched_setaffinity, 0, cpus.length, context.text(cpus)));
}

void restore_cpus(Context& context) {
  if (context.plan->process.initialCpus.offset != 0) allow_all_cpus();
}

// Without `final` the container's own processors, not those of `initial`.
void take_final_cpus(Context& context) {
  const auto& process = context.plan->process;
  if (process.initialCpus.offset == 0 && process.finalCpus.offset == 0) return;
  enter(context, Step::kScheduling, "execCPUAffinity.final");
  const plan::Text cpus = process.finalCpus;
  must(context,
       cpus.offset == 0 ? allow_all_cpus() : sys::call(__NR_sched_setaffinity, 0, cpus.length, context.text(cpus)));
}

void set_personality(Context& context) {
  const auto& process = context.plan->process;
  if ((process.flags & plan::kProcessHasPersonality) == 0) return;
  enter(context, Step::kPersonality);
  must(context, sys::call(__NR_personality, process.personality));
}

}  // namespace bulkhead::init
