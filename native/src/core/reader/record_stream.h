// The records of a reader process, each checked for what every record must be. What they say of the work's extent is held against the limits here.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/layers/byte_source.h"
#include "core/reader/channel.h"

namespace bulkhead {

/** What is known of the blob without the reader, and who wants to know how far it is. */
struct ReadFrame {
  std::uint64_t max_bytes = 0;
  std::uint64_t blob_bytes = 0;
  /** May be empty. */
  std::function<void(std::uint64_t)> on_blob_bytes;
};

class RecordStream {
 public:
  RecordStream(ByteSource& source, ReadFrame frame) : source_(&source), frame_(std::move(frame)) {}

  /** The next record's header: kEntry, kData or kEnd, whose payload is still to be taken. Progress is noted; a failure becomes the error that it tells of. */
  Result<channel::RecordHeader> header();
  /** `size` bytes (kMaxPayload at most), copied: they can't change any more. */
  Result<std::string> payload(std::uint32_t size);
  /** Up to `limit` bytes of data, at least one, where they are: they may still change. */
  Result<Bytes> piece(std::uint32_t limit);
  /** The payload of kEnd. */
  Result<channel::EndFields> end(const channel::RecordHeader& header);

 private:
  Result<Bytes> take(std::uint32_t limit);
  Result<void> progress(std::uint32_t size);
  Result<void> check_extent(std::uint64_t tar_bytes) const;
  Result<void> failure(std::uint32_t size);

  ByteSource* source_;
  ReadFrame frame_;
  Bytes rest_;
  std::uint64_t data_bytes_ = 0;
  channel::ProgressFields last_{};
};

}  // namespace bulkhead
