// A channel with a test at its other end: what it says, root's part takes for a reader process's words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/descriptor/unique_fd.h"
#include "core/layers/read_control.h"
#include "core/reader/channel.h"
#include "core/reader/chunk_source.h"

namespace bulkhead::test {

/** Records, one after the other, true or not. */
class Records {
 public:
  Records& record(channel::RecordKind kind, const std::string& payload);
  /** A record whose header says another size. */
  Records& record(channel::RecordKind kind, const std::string& payload, std::uint32_t said_size);
  Records& entry(const channel::EntryFields& fields, const std::string& rest);
  /** A plain file of so much data, none of which follows. */
  Records& file(const std::string& name, std::uint64_t size = 0);
  Records& data(const std::string& bytes) { return record(channel::RecordKind::kData, bytes); }
  Records& progress(std::uint64_t blob_bytes, std::uint64_t tar_bytes);
  Records& end(std::uint64_t tar_bytes = 1024);

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

channel::EntryFields file_fields(const std::string& name, std::uint64_t size = 0);
template <class Fields>
std::string text_of(const Fields& fields) {
  return std::string(reinterpret_cast<const char*>(&fields), sizeof fields);
}

/** The reader's end of a channel, held by the test. */
class Peer {
 public:
  Peer();

  /** Puts the bytes (one chunk's at most) where the next chunk is, and says that there are `said_size`. */
  void send_chunk(const std::string& bytes, std::uint32_t said_size);
  void send_chunk(const std::string& bytes) { send_chunk(bytes, static_cast<std::uint32_t>(bytes.size())); }
  /** Any message. */
  void send_message(const std::string& message);
  void close() { theirs_.reset(); }

  ChunkSource source(const ReadControl& control, int quiet_ms = 10'000) const {
    return ChunkSource(memory_, ours_.get(), control, quiet_ms);
  }

 private:
  std::vector<std::uint8_t> memory_;
  UniqueFd ours_;
  UniqueFd theirs_;
  std::size_t sent_ = 0;
};

}  // namespace bulkhead::test
