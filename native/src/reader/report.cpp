// Entries, progress and ends, as root's part reads them (core/reader/decode_entry.cpp, record_stream.cpp).
#include "reader/report.h"

#include <algorithm>

#include "core/layers/errors.h"

namespace bulkhead {

using channel::EntryFields;
using channel::FailureFields;
using channel::FailureStep;
using channel::ProgressFields;
using channel::RecordKind;
using channel::XattrFields;

namespace {

constexpr std::chrono::milliseconds kInterval{250};
constexpr std::uint64_t kBlobBytes = 1024 * 1024;

bool is_link(EntryKind kind) { return kind == EntryKind::kHardLink || kind == EntryKind::kSymlink; }

template <class Fields>
void append(std::string& payload, const Fields& fields) {
  payload.append(reinterpret_cast<const char*>(&fields), sizeof fields);
}

std::uint32_t size32(std::size_t size) { return static_cast<std::uint32_t>(size); }

EntryFields fields_of(const Entry& entry) {
  EntryFields fields{};
  fields.kind = static_cast<std::uint32_t>(entry.kind);
  fields.is_sparse = entry.is_sparse ? 1 : 0;
  fields.mode = entry.mode;
  fields.uid = entry.uid;
  fields.gid = entry.gid;
  fields.mtime_nanoseconds = entry.mtime_nanoseconds;
  fields.mtime_seconds = entry.mtime_seconds;
  fields.size = entry.size;
  fields.real_size = entry.real_size;
  fields.device_major = entry.device_major;
  fields.device_minor = entry.device_minor;
  fields.name_size = size32(entry.name.size());
  fields.link_size = is_link(entry.kind) ? size32(entry.link.size()) : 0;
  fields.extent_count = size32(entry.extents.size());
  fields.xattr_count = size32(entry.xattrs.size());
  return fields;
}

FailureStep step_of(const Error& error) {
  if (error.step == "archive") return FailureStep::kArchive;
  if (error.step == "archive-limit") return FailureStep::kLimit;
  return error.step == "read-blob" ? FailureStep::kReadBlob : FailureStep::kConfine;
}

/** As much of the end as a record takes: the reason stands behind the name. */
std::string text_of(std::string object) {
  std::erase(object, '\0');
  if (object.size() > channel::kMaxFailureText) object.erase(0, object.size() - channel::kMaxFailureText);
  return object;
}

Bytes as_bytes(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

}  // namespace

Result<void> Report::entry(const Entry& entry) {
  std::string payload;
  append(payload, fields_of(entry));
  payload += entry.name;
  if (is_link(entry.kind)) payload += entry.link;
  for (const Extent& extent : entry.extents) append(payload, extent);
  for (const Xattr& xattr : entry.xattrs) {
    append(payload, XattrFields{size32(xattr.name.size()), size32(xattr.value.size())});
    payload += xattr.name;
    payload += xattr.value;
  }
  if (payload.size() > channel::kMaxPayload) return limit_error("what the headers of an entry say");
  sink_->record(RecordKind::kEntry, as_bytes(payload));
  return {};
}

void Report::progress(std::uint64_t tar_bytes) {
  const Clock::time_point now = Clock::now();
  const ProgressFields fields{blob_->bytes(), tar_bytes};
  const bool goes_on = fields.blob_bytes > told_.blob_bytes || fields.tar_bytes > told_.tar_bytes;
  const bool is_late = now - last_ >= kInterval;
  if (!goes_on || (!is_late && fields.blob_bytes - told_.blob_bytes < kBlobBytes)) return;
  sink_->record(RecordKind::kProgress, bytes_of(fields));
  if (is_late) sink_->flush();
  last_ = now;
  told_ = fields;
}

void Report::end(const channel::EndFields& fields) {
  sink_->record(RecordKind::kEnd, bytes_of(fields));
  sink_->flush();
}

void Report::failure(const Error& error) {
  std::string payload;
  append(payload, FailureFields{step_of(error), error.number});
  payload += text_of(error.object);
  sink_->record(RecordKind::kFailure, as_bytes(payload));
  sink_->flush();
}

}  // namespace bulkhead
