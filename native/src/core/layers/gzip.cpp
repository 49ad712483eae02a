// The inflate loop, and what may follow a member: another one, zero padding, or the end.
#include "core/layers/gzip.h"

#include <algorithm>
#include <cerrno>

#include "core/layers/errors.h"

namespace bulkhead {
namespace {

// windowBits of inflateInit2: the largest window, and a gzip header is demanded.
constexpr int kGzipWindow = 16 + MAX_WBITS;

}  // namespace

Result<std::unique_ptr<Decompressor>> GzipDecompressor::make(CompressedInput input) {
  std::unique_ptr<GzipDecompressor> made(new GzipDecompressor(std::move(input)));
  if (inflateInit2(&made->stream_, kGzipWindow) != Z_OK) return make_error("read-blob", ENOMEM, "inflateInit2");
  return std::unique_ptr<Decompressor>(std::move(made));
}

// inflateEnd knows a stream that was never initialised.
GzipDecompressor::~GzipDecompressor() { inflateEnd(&stream_); }

Result<std::size_t> GzipDecompressor::read(std::span<std::uint8_t> into) {
  stream_.next_out = into.data();
  stream_.avail_out = static_cast<uInt>(into.size());
  while (stream_.avail_out > 0 && !ended_) {
    if (between_members_) {
      BULKHEAD_TRY(after_member());
    } else {
      BULKHEAD_TRY(inflate_some());
    }
  }
  return into.size() - stream_.avail_out;
}

Result<void> GzipDecompressor::inflate_some() {
  const Bytes bytes = BULKHEAD_TRY(input_.bytes());
  if (bytes.empty()) return archive_error("", "the gzip stream is truncated");
  stream_.next_in = const_cast<Bytef*>(bytes.data());  // zlib does not write to it
  stream_.avail_in = static_cast<uInt>(bytes.size());
  const int outcome = inflate(&stream_, Z_NO_FLUSH);
  input_.use(bytes.size() - stream_.avail_in);
  if (outcome == Z_STREAM_END) between_members_ = true;
  if (outcome == Z_OK || outcome == Z_STREAM_END) return {};
  if (outcome == Z_MEM_ERROR) return make_error("read-blob", ENOMEM, "inflate");
  return archive_error("", stream_.msg != nullptr ? stream_.msg : "the gzip stream is corrupt");
}

Result<void> GzipDecompressor::after_member() {
  const Bytes bytes = BULKHEAD_TRY(input_.bytes());
  if (bytes.empty()) {
    ended_ = true;
  } else if (bytes[0] == 0) {
    // Zero padding up to a block's size, as tapes and some writers leave it.
    const auto end = std::find_if(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte != 0; });
    input_.use(static_cast<std::size_t>(end - bytes.begin()));
    padded_ = true;
  } else if (padded_ || bytes[0] != 0x1f) {
    return archive_error("", "something that is not gzip follows the gzip stream");
  } else {
    inflateReset(&stream_);
    between_members_ = false;
  }
  return {};
}

}  // namespace bulkhead
