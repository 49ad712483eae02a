// CRC-32 as gzip has it (RFC 1952, 8), incremental. By carry-less multiplication where the processor has it, by tables elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bulkhead {

class Crc32 {
 public:
  /** Both work on the inverted checksum. */
  using Advance = std::uint32_t (*)(std::uint32_t state, std::span<const std::uint8_t> data);

  Crc32() : Crc32(fastest()) {}
  /** With the function given: for the tests, which force the fallback. */
  explicit Crc32(Advance advance) : advance_(advance) {}

  void update(std::span<const std::uint8_t> data) { state_ = advance_(state_, data); }
  /** Of all that was given. */
  std::uint32_t value() const { return ~state_; }

  static Advance fastest();
  static std::uint32_t advance_portable(std::uint32_t state, std::span<const std::uint8_t> data);

 private:
  Advance advance_;
  std::uint32_t state_ = ~std::uint32_t{0};
};

}  // namespace bulkhead
