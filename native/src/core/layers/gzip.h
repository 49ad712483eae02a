// Inflates gzip (RFC 1952), one member after the other: eStargz and `cat a.gz b.gz` have many.
#pragma once

#include <zlib.h>

#include <memory>

#include "core/layers/compressed_input.h"
#include "core/layers/decompressor.h"

namespace bulkhead {

class GzipDecompressor final : public Decompressor {
 public:
  static Result<std::unique_ptr<Decompressor>> make(CompressedInput input);
  ~GzipDecompressor() override;

  Result<std::size_t> read(std::span<std::uint8_t> into) override;

 private:
  explicit GzipDecompressor(CompressedInput input) : input_(std::move(input)) {}

  Result<void> inflate_some();
  Result<void> after_member();

  CompressedInput input_;
  z_stream stream_{};
  bool between_members_ = false;
  bool padded_ = false;
  bool ended_ = false;
};

}  // namespace bulkhead
