// The tar inside a blob as it passes by: hashed, unless it is the blob itself, and counted.
#pragma once

#include <algorithm>
#include <functional>

#include "core/digest/sha256.h"
#include "core/layers/byte_source.h"
#include "core/layers/read_ahead.h"
#include "core/reader/channel.h"
#include "reader/inflated_blob.h"

namespace bulkhead {

class HashedSource final : public ByteSource {
 public:
  /** `source` reads `blob`; `on_bytes` gets the bytes so far. */
  HashedSource(ReadAhead& source, const InflatedBlob& blob, std::function<void(std::uint64_t)> on_bytes)
      : source_(&source), blob_(&blob), on_bytes_(std::move(on_bytes)) {
    source.on_waiting([this] { on_bytes_(bytes_); });
  }

  Result<Bytes> next() override {
    const Bytes bytes = BULKHEAD_TRY(source_->next());
    if (!blob_->is_plain()) hash_.update(bytes);
    bytes_ += bytes.size();
    on_bytes_(bytes_);
    return bytes;
  }

  /** Once it has ended. */
  channel::EndFields end() {
    channel::EndFields fields{};
    fields.tar_bytes = bytes_;
    fields.is_plain = blob_->is_plain() ? 1 : 0;
    const Sha256Digest digest = hash_.finish();
    std::copy(digest.begin(), digest.end(), fields.digest);
    return fields;
  }

 private:
  ReadAhead* source_;
  const InflatedBlob* blob_;
  std::function<void(std::uint64_t)> on_bytes_;
  Sha256 hash_;
  std::uint64_t bytes_ = 0;
};

}  // namespace bulkhead
