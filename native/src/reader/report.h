// What is read, told record by record.
#pragma once

#include <chrono>

#include "core/archive/blob_file.h"
#include "core/layers/entry.h"
#include "reader/chunk_sink.h"

namespace bulkhead {

class Report {
 public:
  Report(ChunkSink& sink, const BlobFile& blob) : sink_(&sink), blob_(&blob) {}

  /** Fails (step "archive-limit") when it is too big for a record. */
  Result<void> entry(const Entry& entry);
  void data(Bytes piece) { sink_->record(channel::RecordKind::kData, piece); }
  /** To be called often: says how far the work is, for each MiB of the blob and four times a second, if it has gone on. */
  void progress(std::uint64_t tar_bytes);
  void end(const channel::EndFields& fields);
  void failure(const Error& error);

 private:
  using Clock = std::chrono::steady_clock;

  ChunkSink* sink_;
  const BlobFile* blob_;
  Clock::time_point last_ = Clock::now();
  channel::ProgressFields told_{};
};

}  // namespace bulkhead
