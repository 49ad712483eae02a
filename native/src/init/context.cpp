// Stamps of the ledger, and failing.
#include "context.h"

#include "status.h"

namespace bulkhead::init {

namespace {

uint32_t plan_offset(const Context& context, const char* object) {
  const auto* base = reinterpret_cast<const char*>(context.plan);
  return object > base && object < base + context.plan->size ? static_cast<uint32_t>(object - base) : 0;
}

void record_failure(Context& context, long result, const char* object) {
  plan::Failure& failure = context.ledger->failure;
  size_t n = 0;
  for (; object[n] != '\0' && n + 1 < sizeof failure.object; n++) failure.object[n] = object[n];
  failure.object[n] = '\0';
  failure.errnum = static_cast<int32_t>(-result);
  __atomic_store_n(&failure.step, context.step, __ATOMIC_RELEASE);
}

}  // namespace

void leave(Context& context) {
  if (context.entry == nullptr) return;
  context.entry->durationNs = sys::clock_ns(CLOCK_MONOTONIC) - context.entry->startNs;
  context.entry = nullptr;
}

void enter(Context& context, plan::Step step, const char* object) {
  const uint64_t now = sys::clock_ns(CLOCK_MONOTONIC);
  if (context.entry != nullptr) context.entry->durationNs = now - context.entry->startNs;
  context.step = step;
  context.object = object;
  const uint32_t index = __atomic_fetch_add(&context.ledger->count, 1, __ATOMIC_RELAXED);
  context.entry = index < plan::kLedgerCapacity ? &context.ledger->entries[index] : nullptr;
  if (context.entry == nullptr) return;
  context.entry->startNs = now;
  context.entry->objectOffset = plan_offset(context, object);
  context.entry->step = step;
}

void note(Context& context, long result) {
  if (result < 0 && context.entry != nullptr) context.entry->errnum = static_cast<int32_t>(-result);
}

void fail(Context& context, long result, const char* object) {
  note(context, result);
  leave(context);
  // The first failure counts: when the container's half has failed, the monitor only passes it on.
  if (context.ledger->failure.step == plan::Step::kNone) {
    record_failure(context, result, object != nullptr ? object : context.object);
  }
  if (!context.is_monitor) sys::exit(1);  // the end of its sync socket wakes the monitor
  if (context.undo != nullptr) context.undo(context);
  report_failure(context);
  sys::exit(1);
}

}  // namespace bulkhead::init
