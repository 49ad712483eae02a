// The choice by magic number, and the stream that needs no decompression.
#include "core/archive/decompressor.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "core/archive/compressed_input.h"
#include "core/archive/gzip.h"
#include "core/archive/zstd.h"
#include "core/layers/errors.h"

namespace bulkhead {
namespace {

using namespace std::string_view_literals;

class PlainTar final : public Decompressor {
 public:
  PlainTar(CompressedInput begin, BlobFile& blob) : begin_(std::move(begin)), blob_(&blob) {}

  // First what was read to see the magic number, then straight from the file.
  Result<std::size_t> read(std::span<std::uint8_t> into) override {
    if (begun_) return blob_->read(into);
    const Bytes bytes = BULKHEAD_TRY(begin_.bytes());
    const std::size_t count = std::min(bytes.size(), into.size());
    std::memcpy(into.data(), bytes.data(), count);
    begin_.use(count);
    begun_ = count == bytes.size();
    return count;
  }
  bool is_identity() const override { return true; }

 private:
  CompressedInput begin_;
  BlobFile* blob_;
  bool begun_ = false;
};

bool begins_with(Bytes bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

bool is_zstd(Bytes bytes) {
  const bool skippable =
      bytes.size() >= 4 && (bytes[0] & 0xf0) == 0x50 && begins_with(bytes.subspan(1), "\x2a\x4d\x18"sv);
  return skippable || begins_with(bytes, "\x28\xb5\x2f\xfd"sv);
}

struct Unsupported {
  std::string_view magic;
  std::string_view reason;
};

constexpr std::array kUnsupported = {
    Unsupported{"\xfd"
                "7zXZ\0"sv,
                "it is compressed by xz, which is not supported"},
    Unsupported{"BZh"sv, "it is compressed by bzip2, which is not supported"},
    Unsupported{"\x04\x22\x4d\x18"sv, "it is compressed by lz4, which is not supported"},
};

}  // namespace

Result<std::unique_ptr<Decompressor>> make_decompressor(BlobFile& blob) {
  CompressedInput input(blob);
  const Bytes begin = BULKHEAD_TRY(input.bytes());
  if (begin.empty()) return archive_error("", "it is empty");
  if (begins_with(begin, "\x1f\x8b"sv))
    return std::unique_ptr<Decompressor>(std::make_unique<GzipDecompressor>(std::move(input)));
  if (is_zstd(begin)) return ZstdDecompressor::make(std::move(input));
  for (const Unsupported& format : kUnsupported) {
    if (begins_with(begin, format.magic)) return archive_error("", format.reason);
  }
  return std::unique_ptr<Decompressor>(std::make_unique<PlainTar>(std::move(input), blob));
}

}  // namespace bulkhead
