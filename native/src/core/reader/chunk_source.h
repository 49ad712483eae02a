// The bytes that come from the reader process, as a stream. Root's end of the channel: the reader can write to the memory at any
// time, so what is decided upon must be copied first.
#pragma once

#include <cstdint>
#include <span>

#include "core/layers/byte_source.h"
#include "core/layers/read_control.h"

namespace bulkhead {

class ChunkSource final : public ByteSource {
 public:
  /** `memory`: kMemoryBytes that the reader fills; `socket`: root's end. Who says nothing for `quiet_ms` is given up. */
  ChunkSource(std::span<const std::uint8_t> memory, int socket, const ReadControl& control, int quiet_ms = kQuietMs)
      : memory_(memory), socket_(socket), control_(&control), quiet_ms_(quiet_ms) {}

  /** Never empty: the stream says by itself where it ends. Errors of the step "read-archive": EPIPE (the reader is gone), EPROTO, ETIMEDOUT; ECANCELED. */
  Result<Bytes> next() override;

 private:
  /** A reader that works tells of its progress four times a second. */
  static constexpr int kQuietMs = 60'000;

  Result<void> give_back();
  Result<void> wait() const;
  Result<std::uint32_t> receive() const;

  std::span<const std::uint8_t> memory_;
  int socket_;
  const ReadControl* control_;
  int quiet_ms_;
  std::size_t received_ = 0;
  bool holds_ = false;
};

}  // namespace bulkhead
