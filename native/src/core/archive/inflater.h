// DEFLATE (RFC 1951), from a source that is read as it goes to a window that is emptied as it fills. What zlib's inflate takes, this
// takes, with the same outcome, at more than twice the speed: gzip is what most layers come in, and inflating them is most of the work.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/archive/bit_source.h"
#include "core/archive/huffman_table.h"

namespace bulkhead {

/** Where the stream is inflated to: what has come out last, which what follows may repeat, and room for more. */
class Window {
 public:
  Window() : buffer_(kHistory + kRoom + kSlack), out_(buffer_.data()), history_(out_), taken_(out_) {}
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  /** Nothing of what was is repeated any more. */
  void forget() { history_ = out_; }
  /** What has come out since the last take(); valid until the next. Makes room. */
  void make_room();
  Bytes take();

  bool is_full() const { return out_ >= limit(); }
  std::uint8_t* out() { return out_; }
  void set_out(std::uint8_t* out) { out_ = out; }
  /** A loop may write a match and a few bytes beyond it. */
  const std::uint8_t* limit() const { return buffer_.data() + kHistory + kRoom; }
  const std::uint8_t* history() const { return history_; }

 private:
  static constexpr std::size_t kHistory = 32 * 1024;
  static constexpr std::size_t kRoom = 128 * 1024;
  static constexpr std::size_t kSlack = 512;

  std::vector<std::uint8_t> buffer_;
  std::uint8_t* out_;
  const std::uint8_t* history_;
  const std::uint8_t* taken_;
};

class Inflater {
 public:
  /** Before another stream. */
  void restart() {
    state_ = State::kBlock;
    is_last_ = false;
  }
  /** Until the window is full (false) or the stream is at its end (true), with what follows it next in `source`, at a byte's beginning. */
  Result<bool> inflate(BitSource& source, Window& window);

 private:
  enum class State { kBlock, kStored, kCodes, kEnd };
  enum class Stop { kPause, kEndOfBlock, kBadLiteral, kBadDistance, kTooFar };

  static constexpr unsigned kLiteralBits = 11;
  static constexpr unsigned kDistanceBits = 8;
  // The first look, and a second one for each two codes that are too long for it.
  static constexpr std::size_t kLiteralEntries = (1 << kLiteralBits) + 143 * (1 << (kMaxCodeBits - kLiteralBits));
  static constexpr std::size_t kDistanceEntries = (1 << kDistanceBits) + 15 * (1 << (kMaxCodeBits - kDistanceBits));

  Result<void> step(BitSource& source, Window& window);
  Result<void> begin_block(BitSource& source);
  Result<void> begin_stored(BitSource& source);
  void use_fixed_codes();
  Result<void> read_codes(BitSource& source);
  Result<void> copy_stored(BitSource& source, Window& window);
  Result<void> decode(BitSource& source, Window& window);
  Stop decode_symbols(BitSource& source, Window& window) const;

  State state_ = State::kBlock;
  bool is_last_ = false;
  std::size_t stored_left_ = 0;
  /** The tables are those of the fixed codes. */
  bool are_fixed_ = false;
  std::array<CodeEntry, kLiteralEntries> literals_;
  std::array<CodeEntry, kDistanceEntries> distances_;
};

}  // namespace bulkhead
