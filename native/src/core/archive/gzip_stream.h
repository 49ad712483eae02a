// What gzip (RFC 1952) holds, one member after the other: eStargz and `cat a.gz b.gz` have many. Every checksum and every size is checked.
#pragma once

#include <optional>

#include "core/archive/bit_source.h"
#include "core/archive/inflater.h"
#include "core/digest/crc32.h"

namespace bulkhead {

class GzipStream final : public ByteSource {
 public:
  /** `source` must outlive it. */
  explicit GzipStream(ByteSource& source) : source_(source) {}

  /** A piece that has been inflated, valid until the next call; empty at the end, which is the source's end too. */
  Result<Bytes> next() override;

 private:
  enum class Place { kHeader, kMember, kAfterMember, kEnd };

  Result<void> read_header();
  Result<void> skip_text();
  Result<std::uint8_t> header_byte();
  Result<unsigned> header_number();
  Result<Bytes> inflate_piece();
  Result<void> read_trailer();
  Result<void> look_further();

  BitSource source_;
  Window window_;
  Inflater inflater_;
  Place place_ = Place::kHeader;
  Crc32 header_crc_;
  Crc32 crc_;
  std::uint32_t size_ = 0;
};

}  // namespace bulkhead
