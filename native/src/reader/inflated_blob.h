// The tar inside the blob. Which decompressor it wants is found out by the thread that reads it, at its first read.
#pragma once

#include <memory>

#include "core/archive/decompressor.h"

namespace bulkhead {

class InflatedBlob final : public PullSource {
 public:
  explicit InflatedBlob(BlobFile& blob) : blob_(&blob) {}

  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (!decompressor_) decompressor_ = BULKHEAD_TRY(make_decompressor(*blob_));
    return decompressor_->read(into);
  }
  /** Whether what comes out is what the blob holds. Known once something has been read. */
  bool is_plain() const { return decompressor_ && decompressor_->is_identity(); }

 private:
  BlobFile* blob_;
  std::unique_ptr<Decompressor> decompressor_;
};

}  // namespace bulkhead
