// Headers, trailers, and what may follow a member: another one, zero padding, or the end.
#include "core/archive/gzip_stream.h"

#include <algorithm>

#include "core/layers/errors.h"

namespace bulkhead {
namespace {

// FLG of a header.
constexpr unsigned kHeaderCrc = 1 << 1;
constexpr unsigned kExtra = 1 << 2;
constexpr unsigned kName = 1 << 3;
constexpr unsigned kComment = 1 << 4;
constexpr unsigned kReserved = 0xe0;

constexpr std::size_t kTrailer = 8;

Error truncated() { return archive_error("", "the gzip stream is truncated"); }

std::uint32_t little_endian(Bytes bytes) {
  return bytes[0] | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 | std::uint32_t{bytes[3]} << 24;
}

}  // namespace

Result<Bytes> GzipStream::next() {
  for (;;) {
    switch (place_) {
      case Place::kHeader:
        BULKHEAD_TRY(read_header());
        break;
      case Place::kMember: {
        const Bytes piece = BULKHEAD_TRY(inflate_piece());
        if (!piece.empty()) return piece;
        break;
      }
      case Place::kAfterMember:
        BULKHEAD_TRY(look_further());
        break;
      case Place::kEnd:
        return Bytes{};
    }
  }
}

Result<void> GzipStream::read_header() {
  header_crc_ = {};
  const bool is_gzip = BULKHEAD_TRY(header_number()) == 0x8b1f && BULKHEAD_TRY(header_byte()) == 8;
  if (!is_gzip) return archive_error("", "the gzip stream has a bad header");
  const unsigned flags = BULKHEAD_TRY(header_byte());
  if ((flags & kReserved) != 0) return archive_error("", "the gzip stream has a header of an unknown kind");
  for (int i = 0; i < 6; ++i) BULKHEAD_TRY(header_byte());  // time, level, system
  if ((flags & kExtra) != 0) {
    for (unsigned left = BULKHEAD_TRY(header_number()); left > 0; --left) BULKHEAD_TRY(header_byte());
  }
  if ((flags & kName) != 0) BULKHEAD_TRY(skip_text());
  if ((flags & kComment) != 0) BULKHEAD_TRY(skip_text());
  if ((flags & kHeaderCrc) != 0) {
    const unsigned crc = header_crc_.value() & 0xffff;
    if (BULKHEAD_TRY(header_number()) != crc) return archive_error("", "the gzip stream has a spoilt header");
  }
  place_ = Place::kMember;
  window_.forget();
  inflater_.restart();
  crc_ = {};
  size_ = 0;
  return {};
}

Result<void> GzipStream::skip_text() {
  while (BULKHEAD_TRY(header_byte()) != 0) continue;
  return {};
}

Result<std::uint8_t> GzipStream::header_byte() {
  const Bytes bytes = BULKHEAD_TRY(source_.peek(1));
  if (bytes.empty()) return truncated();
  header_crc_.update(bytes.first(1));
  source_.skip(1);
  return bytes[0];
}

Result<unsigned> GzipStream::header_number() {
  const unsigned low = BULKHEAD_TRY(header_byte());
  const unsigned high = BULKHEAD_TRY(header_byte());
  return low | high << 8;
}

Result<Bytes> GzipStream::inflate_piece() {
  window_.make_room();
  const bool has_ended = BULKHEAD_TRY(inflater_.inflate(source_, window_));
  const Bytes piece = window_.take();
  crc_.update(piece);
  size_ += static_cast<std::uint32_t>(piece.size());
  if (has_ended) BULKHEAD_TRY(read_trailer());
  return piece;
}

Result<void> GzipStream::read_trailer() {
  const Bytes trailer = BULKHEAD_TRY(source_.peek(kTrailer));
  if (trailer.size() < kTrailer) return truncated();
  if (little_endian(trailer) != crc_.value()) return archive_error("", "the gzip stream does not have its checksum");
  if (little_endian(trailer.subspan(4)) != size_) return archive_error("", "the gzip stream does not have its size");
  source_.skip(kTrailer);
  place_ = Place::kAfterMember;
  return {};
}

// Zero padding up to a block's size, as tapes and some writers leave it.
Result<void> GzipStream::look_further() {
  bool is_padded = false;
  for (;;) {
    const Bytes bytes = BULKHEAD_TRY(source_.peek(1));
    const auto end = std::find_if(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte != 0; });
    is_padded = is_padded || end != bytes.begin();
    source_.skip(static_cast<std::size_t>(end - bytes.begin()));
    if (bytes.empty()) {
      place_ = Place::kEnd;
      return {};
    }
    if (end == bytes.end()) continue;
    if (is_padded || *end != 0x1f) return archive_error("", "something that is not gzip follows the gzip stream");
    place_ = Place::kHeader;
    return {};
  }
}

}  // namespace bulkhead
