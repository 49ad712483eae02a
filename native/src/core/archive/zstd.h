// Decompresses zstd (RFC 8878), frame after frame, skippable frames too: zstd:chunked ends with one.
#pragma once

#include <memory>

#include "core/archive/compressed_input.h"
#include "core/archive/decompressor.h"

struct ZSTD_DCtx_s;

namespace bulkhead {

class ZstdDecompressor final : public Decompressor {
 public:
  static Result<std::unique_ptr<Decompressor>> make(CompressedInput input);
  ~ZstdDecompressor() override;

  Result<std::size_t> read(std::span<std::uint8_t> into) override;

 private:
  explicit ZstdDecompressor(CompressedInput input) : input_(std::move(input)) {}

  CompressedInput input_;
  ZSTD_DCtx_s* context_ = nullptr;
  bool inside_frame_ = false;
};

}  // namespace bulkhead
