// A layer's directory, out of what a reader process says the layer is.
#pragma once

#include <cstdint>
#include <string>

#include "core/layers/byte_source.h"
#include "core/layers/layer_writer.h"
#include "core/reader/record_stream.h"

namespace bulkhead {

struct ReceivedLayer {
  std::uint64_t entries = 0;
  std::uint64_t tar_bytes = 0;
  /** `sha256:…` of the tar, as the reader says; empty: the tar is the blob itself. */
  std::string diff_id;
};

/** All entries, up to the end. `channel`: a ChunkSource, or what a test has in its place. */
Result<ReceivedLayer> receive_layer(ByteSource& channel, ReadFrame frame, std::uint64_t max_entries,
                                    LayerWriter& writer);

}  // namespace bulkhead
