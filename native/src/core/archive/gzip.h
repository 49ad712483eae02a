// A blob in gzip.
#pragma once

#include <memory>

#include "core/archive/compressed_input.h"
#include "core/archive/decompressor.h"
#include "core/archive/gzip_stream.h"

namespace bulkhead {

class GzipDecompressor final : public Decompressor {
 public:
  explicit GzipDecompressor(CompressedInput input) : blob_(std::move(input)), stream_(blob_) {}

  Result<std::size_t> read(std::span<std::uint8_t> into) override;

 private:
  class Blob final : public ByteSource {
   public:
    explicit Blob(CompressedInput input) : input_(std::move(input)) {}
    Result<Bytes> next() override;

   private:
    CompressedInput input_;
  };

  Blob blob_;
  GzipStream stream_;
  Bytes rest_;
};

}  // namespace bulkhead
