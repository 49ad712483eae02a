// What two threads share while a tree becomes a layer or a blob: how far it is, and whether to go on.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace bulkhead {

struct UnpackControl {
  std::atomic<bool> cancelled = false;
  std::atomic<std::uint64_t> blob_bytes = 0;
  /** Called with blob_bytes after each read, from the thread that reads. May be empty. */
  std::function<void(std::uint64_t)> on_blob_bytes;

  void cancel() { cancelled = true; }
};

}  // namespace bulkhead
