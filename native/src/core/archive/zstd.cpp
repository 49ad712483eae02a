// The decompression loop. libzstd goes from frame to frame by itself; the input's end is good only between frames.
#include "core/archive/zstd.h"

#include <zstd.h>

#include <cerrno>

#include "core/layers/errors.h"

namespace bulkhead {
namespace {

// 128 MiB: what a decoder must support at most (RFC 8878); more is a memory bomb.
constexpr int kMaxWindowLog = 27;

}  // namespace

Result<std::unique_ptr<Decompressor>> ZstdDecompressor::make(CompressedInput input) {
  std::unique_ptr<ZstdDecompressor> made(new ZstdDecompressor(std::move(input)));
  made->context_ = ZSTD_createDCtx();
  if (made->context_ == nullptr) return make_error("read-blob", ENOMEM, "ZSTD_createDCtx");
  ZSTD_DCtx_setParameter(made->context_, ZSTD_d_windowLogMax, kMaxWindowLog);
  return std::unique_ptr<Decompressor>(std::move(made));
}

ZstdDecompressor::~ZstdDecompressor() { ZSTD_freeDCtx(context_); }

Result<std::size_t> ZstdDecompressor::read(std::span<std::uint8_t> into) {
  ZSTD_outBuffer out{into.data(), into.size(), 0};
  while (out.pos < out.size) {
    const Bytes bytes = BULKHEAD_TRY(input_.bytes());
    // With no input left, output may still be held back: the call below delivers it.
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    const std::size_t before = out.pos;
    if (bytes.empty() && !inside_frame_) break;
    const std::size_t outcome = ZSTD_decompressStream(context_, &out, &in);
    if (ZSTD_isError(outcome)) return archive_error("", std::string("zstd: ") + ZSTD_getErrorName(outcome));
    input_.use(in.pos);
    inside_frame_ = outcome != 0;
    if (bytes.empty() && out.pos == before && inside_frame_) return archive_error("", "the zstd stream is truncated");
  }
  return out.pos;
}

}  // namespace bulkhead
