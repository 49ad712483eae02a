// Makes a stream (decompresses a blob, reads a tree) on a thread of its own, a few buffers ahead of the reader, who hashes and parses the
// tar meanwhile. The thread can stand at a gate first: it is there before a process gives up the right to have threads, and touches the
// stream after that.
#pragma once

#include <pthread.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
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
  /** The same, once the thread stands at the gate. */
  static Result<std::unique_ptr<ReadAhead>> start_at_gate(PullSource& source);
  /** Stops the thread and waits for it. */
  ~ReadAhead() override;

  void open_gate();
  /** Called four times a second while next() waits. */
  void on_waiting(std::function<void()> listener) { on_waiting_ = std::move(listener); }

  Result<Bytes> next() override;

 private:
  static constexpr std::size_t kBuffers = 4;
  static constexpr std::size_t kBufferSize = 256 * 1024;
  static constexpr std::chrono::milliseconds kPatience{250};

  explicit ReadAhead(PullSource& source) : source_(&source) {}

  void run();
  /** Whether the gate was opened. */
  bool stand_at_gate();
  Result<void> read_all();
  /** Waits for an unused buffer; null when nobody reads any more. */
  std::vector<std::uint8_t>* unused();
  void fill_done(std::size_t size);
  void end(Result<void> result);

  PullSource* source_;
  std::function<void()> on_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<std::vector<std::uint8_t>, kBuffers> buffers_;
  std::array<std::size_t, kBuffers> sizes_{};
  // Buffers filled and consumed so far; the reader holds the one before `consumed_` until it asks for the next.
  std::size_t filled_ = 0;
  std::size_t consumed_ = 0;
  bool holds_ = false;
  bool is_at_gate_ = false;
  bool is_gate_open_ = false;
  bool ended_ = false;
  bool stopped_ = false;
  Result<void> result_;
  std::optional<pthread_t> thread_;
};

}  // namespace bulkhead
