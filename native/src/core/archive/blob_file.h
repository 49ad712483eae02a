// A blob that was handed to this process: read once from its beginning to its end, and counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "core/result.h"

namespace bulkhead {

class BlobFile {
 public:
  /** `fd`: of a regular file; it stays the caller's. */
  explicit BlobFile(int fd) : fd_(fd) {}

  /** Fills `into` unless the blob ends; the number of bytes, 0 at the end. */
  Result<std::size_t> read(std::span<std::uint8_t> into);
  /** So far; from any thread. */
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  int fd_;
  std::atomic<std::uint64_t> bytes_ = 0;
};

}  // namespace bulkhead
