// The tar inside a blob as it passes by: hashed, counted, and stopped at the limits.
#pragma once

#include <cstdint>
#include <string>

#include "core/digest/sha256.h"
#include "core/layers/byte_source.h"
#include "core/layers/unpack_control.h"

namespace bulkhead {

class MeasuredSource final : public ByteSource {
 public:
  /** `is_hashed` false: the digest is the blob's own. */
  MeasuredSource(ByteSource& source, const UnpackControl& control, std::uint64_t max_bytes, bool is_hashed)
      : source_(&source), control_(&control), max_bytes_(max_bytes), is_hashed_(is_hashed) {}

  Result<Bytes> next() override;

  std::uint64_t bytes() const { return bytes_; }
  std::string digest() { return hash_.digest(); }

 private:
  bool is_bomb() const;

  ByteSource* source_;
  const UnpackControl* control_;
  std::uint64_t max_bytes_;
  bool is_hashed_;
  std::uint64_t bytes_ = 0;
  Sha256 hash_;
};

}  // namespace bulkhead
