// The stream of bytes that the tar reader pulls from. Implementations: MemorySource here, ReadAhead for blobs.
#pragma once

#include <cstdint>
#include <span>

#include "core/result.h"

namespace bulkhead {

using Bytes = std::span<const std::uint8_t>;

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /** The bytes that follow, valid until the next call. Empty: the end. */
  virtual Result<Bytes> next() = 0;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(Bytes bytes) : bytes_(bytes) {}
  Result<Bytes> next() override { return std::exchange(bytes_, Bytes{}); }

 private:
  Bytes bytes_;
};

}  // namespace bulkhead
