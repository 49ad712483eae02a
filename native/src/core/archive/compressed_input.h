// What a decompressor has read of the blob and not used yet.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/archive/blob_file.h"
#include "core/layers/byte_source.h"

namespace bulkhead {

class CompressedInput {
 public:
  explicit CompressedInput(BlobFile& blob) : blob_(&blob), buffer_(kSize) {}
  CompressedInput(CompressedInput&&) = default;

  /** What is unused; reads on when all is used. Empty: the blob's end. */
  Result<Bytes> bytes() {
    if (used_ == filled_) {
      filled_ = BULKHEAD_TRY(blob_->read(buffer_));
      used_ = 0;
    }
    return Bytes(buffer_).subspan(used_, filled_ - used_);
  }
  /** Marks the first `count` bytes of bytes() as used. */
  void use(std::size_t count) { used_ += count; }

 private:
  static constexpr std::size_t kSize = 256 * 1024;

  BlobFile* blob_;
  std::vector<std::uint8_t> buffer_;
  std::size_t filled_ = 0;
  std::size_t used_ = 0;
};

}  // namespace bulkhead
