// Wires the stages together. Two threads: one reads, hashes and decompresses the blob; this one hashes the tar and
// writes files.
#include "core/layers/unpack.h"

#include "core/layers/decompressor.h"
#include "core/layers/layer_writer.h"
#include "core/layers/measured_source.h"
#include "core/layers/read_ahead.h"

namespace bulkhead {
Result<Unpacked> unpack_layer(const UnpackRequest& request, UnpackControl& control) {
  LowerLayers lower = BULKHEAD_TRY(LowerLayers::open(request.lower_directories));
  LayerWriter writer(BULKHEAD_TRY(LayerTree::open(request.directory, std::move(lower))));
  BlobFile blob = BULKHEAD_TRY(BlobFile::open(request.blob_path, control));
  const auto decompressor = BULKHEAD_TRY(make_decompressor(blob));
  const bool is_plain = decompressor->is_identity();
  Unpacked unpacked;
  {
    const auto ahead = BULKHEAD_TRY(ReadAhead::start(*decompressor));
    MeasuredSource tar(*ahead, control, request.limits.max_bytes, !is_plain);
    TarReader reader(tar);
    unpacked.entries = BULKHEAD_TRY(writer.write_all(reader, request.limits.max_entries));
    unpacked.tar_bytes = tar.bytes();
    if (!is_plain) unpacked.diff_id = tar.digest();
  }
  BULKHEAD_TRY(writer.finish());
  unpacked.digest = blob.digest();
  if (is_plain) unpacked.diff_id = unpacked.digest;
  unpacked.blob_bytes = control.blob_bytes;
  return unpacked;
}

}  // namespace bulkhead
