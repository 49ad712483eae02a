// The order of the records: an entry, its data, the next entry, …, the end.
#include "core/reader/received_entries.h"

#include <cerrno>

#include "core/reader/errors.h"

namespace bulkhead {

using channel::RecordHeader;
using channel::RecordKind;

Result<std::optional<Entry>> ReceivedEntries::next() {
  BULKHEAD_TRY(skip_data());
  const RecordHeader header = BULKHEAD_TRY(stream_->header());
  if (header.kind == RecordKind::kEnd) {
    end_ = BULKHEAD_TRY(stream_->end(header));
    return std::optional<Entry>();
  }
  if (header.kind != RecordKind::kEntry) return reader_error(EPROTO, "data of no entry");
  std::string payload = BULKHEAD_TRY(stream_->payload(header.size));
  Entry entry = BULKHEAD_TRY(decode_entry(std::move(payload)));
  data_left_ = entry.size;
  return std::optional<Entry>(std::move(entry));
}

Result<Bytes> ReceivedEntries::data() {
  if (data_left_ == 0) return Bytes{};
  if (piece_left_ == 0) {
    const RecordHeader header = BULKHEAD_TRY(stream_->header());
    if (header.kind != RecordKind::kData || header.size == 0 || header.size > data_left_) {
      return reader_error(EPROTO, "the data of an entry");
    }
    piece_left_ = header.size;
  }
  const Bytes piece = BULKHEAD_TRY(stream_->piece(piece_left_));
  piece_left_ -= static_cast<std::uint32_t>(piece.size());
  data_left_ -= piece.size();
  return piece;
}

Result<void> ReceivedEntries::skip_data() {
  while (data_left_ > 0) BULKHEAD_TRY(data());
  return {};
}

}  // namespace bulkhead
