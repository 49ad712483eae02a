// The tar inside a blob: as it is, or inflated from gzip (several members too) or zstd (several frames too).
// Everything happens in this process: no program is looked for and started.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/layers/blob_file.h"
#include "core/result.h"

namespace bulkhead {

class Decompressor {
 public:
  virtual ~Decompressor() = default;
  /** Fills `into` unless the stream ends; the number of bytes, 0 at the end, which is the blob's end too. */
  virtual Result<std::size_t> read(std::span<std::uint8_t> into) = 0;
  /** Whether what comes out is what goes in. */
  virtual bool is_identity() const { return false; }
};

/** Chosen by the blob's first bytes. Fails for an empty blob and for xz, bzip2 and lz4, which layers don't use. */
Result<std::unique_ptr<Decompressor>> make_decompressor(BlobFile& blob);

}  // namespace bulkhead
