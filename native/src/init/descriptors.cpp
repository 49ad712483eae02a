// Keeping a few descriptors and closing all others.
#include "descriptors.h"

namespace bulkhead::init {

void close_all_except(const int* kept, size_t count) {
  unsigned first = 3;
  for (;;) {
    unsigned next = ~0u;
    for (size_t i = 0; i < count; i++) {
      if (kept[i] >= static_cast<int>(first) && static_cast<unsigned>(kept[i]) < next)
        next = static_cast<unsigned>(kept[i]);
    }
    if (next > first) sys::close_range(first, next == ~0u ? next : next - 1, 0);
    if (next == ~0u) return;
    first = next + 1;
  }
}

void keep_monitor_descriptors(Context& context, const MonitorStreams& streams, int listener) {
  const auto& monitor = context.plan->monitor;
  const int kept[] = {plan::kStatusFd,
                      context.sync,
                      context.child_pidfd,
                      streams.input,
                      streams.output,
                      streams.error,
                      context.overlay,
                      context.upper_lock,
                      listener,
                      slot_fd(context.plan->process.seccomp.listenerSocket),
                      slot_fd(monitor.runDirectory),
                      slot_fd(monitor.log)};
  close_all_except(kept, sizeof kept / sizeof *kept);
}

void keep_process_descriptors(Context& context, const Streams& streams, int pidfd) {
  const auto& plan = *context.plan;
  int kept[plan::kMaxInheritedFds + 8] = {context.sync,
                                          pidfd,
                                          streams.ends[0],
                                          streams.ends[1],
                                          streams.ends[2],
                                          slot_fd(plan.terminal.consoleSocket),
                                          slot_fd(plan.monitor.startFifo)};
  size_t count = 7;
  for (uint32_t i = 0; i < plan.process.preservedFds; i++) kept[count++] = slot_fd(static_cast<plan::Slot>(i));
  close_all_except(kept, count);
}

}  // namespace bulkhead::init
