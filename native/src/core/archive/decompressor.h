// The tar inside a blob: as it is, or inflated from gzip (several members too) or zstd (several frames too).
// Everything happens in this process: no program is looked for and started.
#pragma once

#include <memory>

#include "core/archive/blob_file.h"
#include "core/layers/pull_source.h"

namespace bulkhead {

/** Its end is the blob's end too. */
class Decompressor : public PullSource {
 public:
  /** Whether what comes out is what goes in. */
  virtual bool is_identity() const { return false; }
};

/** Chosen by the blob's first bytes. Fails for an empty blob and for xz, bzip2 and lz4, which layers don't use. */
Result<std::unique_ptr<Decompressor>> make_decompressor(BlobFile& blob);

}  // namespace bulkhead
