// Blocks and data of a tar, cut out of a ByteSource without copying the data; counts the bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/layers/byte_source.h"
#include "core/tar/tar_header.h"

namespace bulkhead {

class TarStream {
 public:
  explicit TarStream(ByteSource& source) : source_(&source) {}

  /** The next 512 bytes; nullopt at the end of the source. Fails when it ends within the block. */
  Result<std::optional<TarBlock>> block();
  /** Up to `limit` bytes, at least one, valid until the next call. Fails at the end of the source. */
  Result<Bytes> data(std::uint64_t limit);
  Result<void> skip(std::uint64_t count);
  /** `size` bytes and the padding after them. */
  Result<std::string> text(std::uint64_t size);
  /** Reads to the end of the source, whatever is there. */
  Result<void> drain();

 private:
  Result<bool> fill();

  ByteSource* source_;
  Bytes rest_;
};

/** The zeros that fill the last block of `size` bytes. */
inline std::uint64_t tar_padding(std::uint64_t size) { return (kTarBlock - size % kTarBlock) % kTarBlock; }

}  // namespace bulkhead
