// Wires the stages together. Two threads: one reads, hashes and decompresses the blob; this one hashes the tar and
// writes files.
#include "core/layers/unpack.h"

#include <cerrno>

#include "core/layers/decompressor.h"
#include "core/layers/errors.h"
#include "core/layers/layer_writer.h"
#include "core/layers/measured_source.h"
#include "core/layers/read_ahead.h"

namespace bulkhead {
namespace {

/** All entries; how many they are. */
Result<std::uint64_t> write_entries(TarReader& reader, LayerWriter& writer, std::uint64_t max_entries) {
  std::uint64_t entries = 0;
  for (;;) {
    std::optional<Entry> entry = BULKHEAD_TRY(reader.next());
    if (!entry) return entries;
    if (++entries > max_entries) return limit_error("entries");
    BULKHEAD_TRY(writer.write(std::move(*entry), reader));
  }
}

}  // namespace

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
    unpacked.entries = BULKHEAD_TRY(write_entries(reader, writer, request.limits.max_entries));
    BULKHEAD_TRY(reader.drain());
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
