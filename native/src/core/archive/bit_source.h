// The bits of a DEFLATE stream (RFC 1951, 3.1.1: a byte's least significant first), taken from memory eight bytes at a time.
#pragma once

#include <endian.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "core/layers/byte_source.h"

namespace bulkhead {

/** A place in the stream. To be copied into a loop's own variables: a member could be among the bytes that the loop writes. */
struct Bits {
  /** The next `count` bits, the first one lowest. What is above them has been loaded, too, and comes after them. */
  std::uint64_t bits = 0;
  unsigned count = 0;
  const std::uint8_t* next = nullptr;

  /** Then there are 56 bits at least. Reads eight bytes from `next` on, and takes seven of them at most. */
  void refill() {
    std::uint64_t word;
    std::memcpy(&word, next, sizeof word);
    bits |= le64toh(word) << count;
    next += (63 - count) >> 3;
    count |= 56;
  }
  void drop(unsigned number) {
    bits >>= number;
    count -= number;
  }
  unsigned take(unsigned number) {
    const auto taken = static_cast<unsigned>(bits & ((std::uint64_t{1} << number) - 1));
    drop(number);
    return taken;
  }
};

class BitSource {
 public:
  /** `source` must outlive it. */
  explicit BitSource(ByteSource& source) : source_(&source), buffer_(kSize + kPadding) {
    bits.next = end_ = limit_ = buffer_.data();
  }
  BitSource(const BitSource&) = delete;
  BitSource& operator=(const BitSource&) = delete;

  Bits bits;

  /** Before it is reached two refills are safe. */
  const std::uint8_t* limit() const { return limit_; }
  /** Reads on if the limit is reached; fails when there is nothing more. Behind the source's end there are some zeros. */
  Result<void> top_up() { return bits.next < limit_ ? Result<void>() : read_on(); }
  /** More has been taken than the source has: zeros. */
  bool is_beyond_end() const { return bits.next - bits.count / 8 > end_; }

  /** To the beginning of the next byte. */
  void align();
  /** After align(): bytes that follow, `count` (16 at most) or more, unless the source ends. */
  Result<Bytes> peek(std::size_t count);
  /** After peek(). */
  void skip(std::size_t count) { bits.next += count; }

 private:
  static constexpr std::size_t kSize = 64 * 1024;
  static constexpr std::size_t kTwoRefills = 16;
  static constexpr std::size_t kPadding = 2 * kTwoRefills;

  void give_back();
  Result<void> read_on();

  ByteSource* source_;
  Bytes pending_;
  std::vector<std::uint8_t> buffer_;
  const std::uint8_t* end_;
  const std::uint8_t* limit_;
  bool has_ended_ = false;
};

}  // namespace bulkhead
