// Wires the stages together. The reader process decompresses the blob, hashes the tar and takes it apart; a second thread of this
// program hashes the blob; this one checks what the reader says and writes files.
#include "core/layers/unpack.h"

#include "core/layers/blob_hash.h"
#include "core/layers/receive_layer.h"
#include "core/reader/chunk_source.h"
#include "core/reader/reader_process.h"

namespace bulkhead {

Result<Unpacked> unpack_layer(const UnpackRequest& request, const ReadControl& control) {
  LowerLayers lower = BULKHEAD_TRY(LowerLayers::open(request.lower_directories));
  LayerWriter writer(BULKHEAD_TRY(LayerTree::open(request.directory, std::move(lower))));
  const OpenBlob blob = BULKHEAD_TRY(open_blob(request.blob_path));
  const auto hash = BULKHEAD_TRY(BlobHash::start(blob.file.get()));
  const ReaderProcess reader = BULKHEAD_TRY(ReaderProcess::start(blob.file.get(), channel::kReadEntries));
  ChunkSource chunks(reader.memory(), reader.socket(), control);
  const ReadFrame frame{request.limits.max_bytes, blob.bytes, control.on_blob_bytes};
  const ReceivedLayer layer = BULKHEAD_TRY(receive_layer(chunks, frame, request.limits.max_entries, writer));
  const std::string digest = BULKHEAD_TRY(hash->digest());
  return Unpacked{digest, layer.diff_id.empty() ? digest : layer.diff_id, blob.bytes, layer.tar_bytes, layer.entries};
}

}  // namespace bulkhead
