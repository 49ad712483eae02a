// What every step of the work gets: the plan, the ledger, the descriptors held, and the one way to fail.
#pragma once

#include "core/plan/plan.h"
#include "sys.h"
#include "text.h"

namespace bulkhead::init {

// What the monitor's half makes for the container's half, as descriptors of detached mounts; -1: none.
struct HostMounts {
  int root = -1;
  int null_device = -1;          // the /dev tmpfs's null, opened; standard input where there is none
  int nodes = -1;                // a tmpfs of device nodes named 0, 1, …, when `devices` is not empty
  int mounts[plan::kMaxMounts];  // per mount: a bind's source, or the /dev tmpfs
};

struct Context {
  const plan::Plan* plan = nullptr;
  plan::Ledger* ledger = nullptr;
  int sync = -1;           // the container's half: to its monitor. The monitor: to the container's half.
  int start_fifo = -1;     // the process waits for a byte from it
  int proc = -1;           // the container's half: a procfs of its own pid namespace, never reached by a path
  int pid_namespace = -1;  // one that was joined: this process itself is not in it
  int devpts = -1;         // the container's devpts, by the mount's own descriptor
  int root = -1;           // the container's root mount
  struct {
    int directory = -1;
    int file = -1;
  } mask;         // what masked paths are covered with
  int child = 0;  // the monitor: pid and pidfd of what it has cloned; 0: nothing yet
  int child_pidfd = -1;
  int overlay = -1;           // the monitor: the mount of the container's overlay
  int upper_lock = -1;        // the monitor: holds the lock of the overlay's upper directory
  bool has_filter = false;    // the container's half: its seccomp filter is loaded
  uint32_t made_cgroups = 0;  // the monitor: bit n: the n-th owned kMake of the plan has made its group
  bool is_monitor = true;
  bool is_listener_sent = false;  // the monitor: of a filter that notifies
  // Undoes what the monitor has made so far, before it reports a failure. Null: nothing to undo.
  void (*undo)(Context&) = nullptr;
  plan::LedgerEntry* entry = nullptr;  // of the step under way
  plan::Step step = plan::Step::kPlan;
  const char* object = "";

  const char* text(plan::Text text) const { return reinterpret_cast<const char*>(plan) + text.offset; }
  /** Null when the text is absent. */
  const char* optional(plan::Text text) const { return text.offset == 0 ? nullptr : this->text(text); }
  template <class T>
  const T* begin(plan::Array<T> array) const {
    return reinterpret_cast<const T*>(reinterpret_cast<const char*>(plan) + array.offset);
  }
};

/** The descriptor of a slot; kNoSlot: -1. */
inline int slot_fd(plan::Slot slot) { return slot < 0 ? -1 : plan::kFirstSlotFd + slot; }

/** The elements of a plan's array, for range-for. */
template <class T>
struct Elements {
  const T* first;
  const T* last;
  const T* begin() const { return first; }
  const T* end() const { return last; }
};
template <class T>
Elements<T> each(const Context& context, plan::Array<T> array) {
  const T* first = context.begin(array);
  return {first, first + array.count};
}

/** Enters a step: the entry of the one before gets its duration. `object` must be a string of the plan or a literal. */
void enter(Context& context, plan::Step step, const char* object = "");
/** Ends the step under way. */
void leave(Context& context);
/** Notes that the step under way went without something optional. */
void note(Context& context, long result);

/** Ends this half: writes the failure where the monitor (or the launcher) finds it, undoes what the monitor has made. */
[[noreturn]] void fail(Context& context, long result, const char* object = nullptr);

/** The result of a system call, or the end. */
inline int must(Context& context, long result, const char* object = nullptr) {
  if (result < 0) fail(context, result, object);
  return static_cast<int>(result);
}

}  // namespace bulkhead::init
