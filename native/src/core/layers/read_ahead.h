// Makes a stream (decompresses a blob, reads a tree) on a thread of its own, a few buffers ahead of the reader, who hashes the tar and
// writes files meanwhile.
#pragma once

#include <pthread.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/layers/byte_source.h"
#include "core/layers/pull_source.h"

namespace bulkhead {

class ReadAhead final : public ByteSource {
 public:
  /** Fails (EAGAIN) when there can be no further thread. */
  static Result<std::unique_ptr<ReadAhead>> start(PullSource& source);
  /** Stops the thread and waits for it. */
  ~ReadAhead() override;

  Result<Bytes> next() override;

 private:
  static constexpr std::size_t kBuffers = 4;
  static constexpr std::size_t kBufferSize = 256 * 1024;

  explicit ReadAhead(PullSource& source) : source_(&source) {}

  void run();
  /** Waits for an unused buffer; null when nobody reads any more. */
  std::vector<std::uint8_t>* unused();
  void fill_done(std::size_t size);
  void end(std::optional<Error> error);

  PullSource* source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<std::vector<std::uint8_t>, kBuffers> buffers_;
  std::array<std::size_t, kBuffers> sizes_{};
  // Buffers filled and consumed so far; the reader holds the one before `consumed_` until it asks for the next.
  std::size_t filled_ = 0;
  std::size_t consumed_ = 0;
  bool holds_ = false;
  bool ended_ = false;
  bool stopped_ = false;
  std::optional<Error> error_;
  std::optional<pthread_t> thread_;
};

}  // namespace bulkhead
