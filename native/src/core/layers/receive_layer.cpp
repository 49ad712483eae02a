// Entry by entry.
#include "core/layers/receive_layer.h"

#include <algorithm>

#include "core/digest/sha256.h"
#include "core/reader/received_entries.h"

namespace bulkhead {
namespace {

std::string diff_id(const channel::EndFields& end) {
  if (end.is_plain == 1) return {};
  Sha256Digest digest;
  std::copy_n(end.digest, digest.size(), digest.begin());
  return digest_text(digest);
}

}  // namespace

Result<ReceivedLayer> receive_layer(ByteSource& channel, ReadFrame frame, std::uint64_t max_entries,
                                    LayerWriter& writer) {
  RecordStream stream(channel, std::move(frame));
  ReceivedEntries entries(stream);
  const std::uint64_t count = BULKHEAD_TRY(writer.write_all(entries, max_entries));
  BULKHEAD_TRY(writer.finish());
  return ReceivedLayer{count, entries.end().tar_bytes, diff_id(entries.end())};
}

}  // namespace bulkhead
