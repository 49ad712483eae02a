// What who waits for a blob to move, and the thread that moves it, say to each other: how far the work is, whether to go on.
#pragma once

#include <sys/eventfd.h>

#include <atomic>
#include <cstdint>
#include <functional>

#include "core/descriptor/unique_fd.h"

namespace bulkhead {

class ReadControl {
 public:
  /** Called with the blob's bytes so far, from the thread that works. May be empty. */
  std::function<void(std::uint64_t)> on_blob_bytes;

  /** From any thread; from then on the work ends with ECANCELED. */
  void cancel() {
    cancelled_.store(true);
    // It can only fail by being full, and then it is readable anyway.
    eventfd_write(changes_.get(), 1);
  }

  bool is_cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  /** Readable (an eventfd) once something has changed. */
  int changes() const { return changes_.get(); }

 private:
  std::atomic<bool> cancelled_ = false;
  UniqueFd changes_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

}  // namespace bulkhead
