// Headers, payloads, and the limits on a stream whose length nobody knows beforehand.
#include "core/reader/record_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/layers/errors.h"
#include "core/reader/errors.h"
#include "core/reader/payload.h"

namespace bulkhead {

using channel::EndFields;
using channel::FailureFields;
using channel::FailureStep;
using channel::ProgressFields;
using channel::RecordHeader;
using channel::RecordKind;

namespace {

// A gigabyte of zeros is an odd file; ten gigabytes of them in a blob of ten megabytes are an attack. Real layers
// shrink to a tenth at best.
constexpr std::uint64_t kFreeBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxRatio = 200;
constexpr std::int32_t kMaxErrno = 4095;

Error told(const FailureFields& fields, std::string_view text) {
  switch (fields.step) {
    case FailureStep::kArchive:
      return archive_error("", text);
    case FailureStep::kLimit:
      return limit_error(text);
    case FailureStep::kReadBlob:
      return make_error("read-blob", fields.number, text);
    case FailureStep::kConfine:
      return reader_error(fields.number, text);
  }
  return reader_error(EPROTO, "a failure of no kind");
}

}  // namespace

Result<RecordHeader> RecordStream::header() {
  for (;;) {
    const std::string bytes = BULKHEAD_TRY(payload(sizeof(RecordHeader)));
    RecordHeader header;
    std::memcpy(&header, bytes.data(), sizeof header);
    switch (header.kind) {
      case RecordKind::kEntry:
      case RecordKind::kData:
      case RecordKind::kEnd:
        return header;
      case RecordKind::kProgress:
        BULKHEAD_TRY(progress(header.size));
        break;
      case RecordKind::kFailure:
        BULKHEAD_TRY(failure(header.size));
        break;
      default:
        return reader_error(EPROTO, "a record of no kind");
    }
  }
}

Result<std::string> RecordStream::payload(std::uint32_t size) {
  if (size > channel::kMaxPayload) return reader_error(EPROTO, "the size of a record");
  std::string text;
  while (text.size() < size) {
    const Bytes bytes = BULKHEAD_TRY(take(size - static_cast<std::uint32_t>(text.size())));
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return text;
}

// What the reader has given is known, whatever it says that it has made of the blob: it may not be more than that is allowed to be.
Result<Bytes> RecordStream::piece(std::uint32_t limit) {
  const Bytes bytes = BULKHEAD_TRY(take(limit));
  data_bytes_ += bytes.size();
  BULKHEAD_TRY(check_extent(data_bytes_));
  return bytes;
}

Result<Bytes> RecordStream::take(std::uint32_t limit) {
  if (rest_.empty()) rest_ = BULKHEAD_TRY(source_->next());
  if (rest_.empty()) return reader_error(EPIPE, "it has ended amid a record");
  const Bytes bytes = rest_.first(std::min<std::size_t>(rest_.size(), limit));
  rest_ = rest_.subspan(bytes.size());
  return bytes;
}

Result<EndFields> RecordStream::end(const RecordHeader& header) {
  Payload fields(BULKHEAD_TRY(payload(header.size)));
  const auto end = BULKHEAD_TRY(fields.take<EndFields>());
  if (!fields.is_at_end() || end.is_plain > 1 || end.tar_bytes < last_.tar_bytes) {
    return reader_error(EPROTO, "the last record");
  }
  BULKHEAD_TRY(check_extent(end.tar_bytes));
  if (frame_.on_blob_bytes) frame_.on_blob_bytes(frame_.blob_bytes);
  return end;
}

Result<void> RecordStream::progress(std::uint32_t size) {
  Payload fields(BULKHEAD_TRY(payload(size)));
  const auto now = BULKHEAD_TRY(fields.take<ProgressFields>());
  const bool goes_on = now.blob_bytes >= last_.blob_bytes && now.tar_bytes >= last_.tar_bytes &&
                       (now.blob_bytes > last_.blob_bytes || now.tar_bytes > last_.tar_bytes);
  if (!fields.is_at_end() || !goes_on || now.blob_bytes > frame_.blob_bytes) {
    return reader_error(EPROTO, "a record of progress");
  }
  last_ = now;
  BULKHEAD_TRY(check_extent(now.tar_bytes));
  if (frame_.on_blob_bytes) frame_.on_blob_bytes(now.blob_bytes);
  return {};
}

Result<void> RecordStream::check_extent(std::uint64_t tar_bytes) const {
  if (tar_bytes > frame_.max_bytes) return limit_error("bytes");
  const bool is_bomb = tar_bytes > kFreeBytes && tar_bytes / kMaxRatio > frame_.blob_bytes;
  return is_bomb ? Result<void>(limit_error("compression ratio")) : Result<void>();
}

/** Never succeeds. */
Result<void> RecordStream::failure(std::uint32_t size) {
  Payload fields(BULKHEAD_TRY(payload(size)));
  const auto failed = BULKHEAD_TRY(fields.take<FailureFields>());
  const auto text = fields.rest();
  const bool is_fit = text.size() <= channel::kMaxFailureText && text.find('\0') == std::string_view::npos &&
                      failed.number >= 0 && failed.number <= kMaxErrno;
  return is_fit ? told(failed, text) : reader_error(EPROTO, "a failure");
}

}  // namespace bulkhead
