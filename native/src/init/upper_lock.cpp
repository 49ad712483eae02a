// One overlay at a time over an upper directory: the lock that a monitor holds until it has let its own go.
#include "host_mounts.h"

namespace bulkhead::init {

namespace {

constexpr int kPatienceMs = 10'000;
constexpr int kRoundMs = 2;
constexpr int kExclusive = 2;  // LOCK_EX
constexpr int kAtOnce = 4;     // LOCK_NB

long lock(int directory) {
  long result = -EAGAIN;
  for (int waited_ms = 0; result == -EAGAIN && waited_ms <= kPatienceMs; waited_ms += kRoundMs) {
    if (waited_ms > 0) sys::sleep_ms(kRoundMs);
    result = sys::call(__NR_flock, directory, kExclusive | kAtOnce);
  }
  return result == -EAGAIN ? -EBUSY : result;
}

}  // namespace

// Of the open directory, not of a file in it: nothing that could be left over, and it goes with the monitor's last descriptor
// of it, however that ends. The container can't have it: what it opens is the overlay's, whose locks are the overlay's own.
void lock_upper_directory(Context& context) {
  const plan::Root& root = context.plan->root;
  if (root.kind != plan::RootKind::kOverlay || root.upperDirectory.offset == 0) return;
  enter(context, plan::Step::kRootMount, context.text(root.upperDirectory));
  context.upper_lock = must(context, sys::openat(AT_FDCWD, context.text(root.upperDirectory), O_RDONLY | O_DIRECTORY));
  must(context, lock(context.upper_lock));
}

}  // namespace bulkhead::init
