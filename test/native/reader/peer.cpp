// As src/reader says it, but for the honesty.
#include "reader/peer.h"

#include <sys/socket.h>

#include <algorithm>

#include "core/layers/entry.h"

namespace bulkhead::test {

using channel::RecordKind;

Records& Records::record(RecordKind kind, const std::string& payload) {
  return record(kind, payload, static_cast<std::uint32_t>(payload.size()));
}

Records& Records::record(RecordKind kind, const std::string& payload, std::uint32_t said_size) {
  bytes_ += text_of(channel::RecordHeader{kind, said_size}) + payload;
  return *this;
}

Records& Records::entry(const channel::EntryFields& fields, const std::string& rest) {
  return record(RecordKind::kEntry, text_of(fields) + rest);
}

Records& Records::file(const std::string& name, std::uint64_t size) { return entry(file_fields(name, size), name); }

Records& Records::progress(std::uint64_t blob_bytes, std::uint64_t tar_bytes) {
  return record(RecordKind::kProgress, text_of(channel::ProgressFields{blob_bytes, tar_bytes}));
}

Records& Records::end(std::uint64_t tar_bytes) {
  channel::EndFields fields{};
  fields.tar_bytes = tar_bytes;
  return record(RecordKind::kEnd, text_of(fields));
}

channel::EntryFields file_fields(const std::string& name, std::uint64_t size) {
  channel::EntryFields fields{};
  fields.kind = static_cast<std::uint32_t>(EntryKind::kFile);
  fields.mode = 0644;
  fields.size = size;
  fields.name_size = static_cast<std::uint32_t>(name.size());
  return fields;
}

Peer::Peer() : memory_(channel::kMemoryBytes) {
  int ends[2] = {-1, -1};
  socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
  ours_.reset(ends[0]);
  theirs_.reset(ends[1]);
}

void Peer::send_chunk(const std::string& bytes, std::uint32_t said_size) {
  const std::size_t at = sent_++ % channel::kChunks * channel::kChunkBytes;
  std::copy(bytes.begin(), bytes.end(), memory_.begin() + static_cast<std::ptrdiff_t>(at));
  send_message(text_of(channel::ChunkSize{said_size}));
}

void Peer::send_message(const std::string& message) {
  send(theirs_.get(), message.data(), message.size(), MSG_NOSIGNAL);
}

}  // namespace bulkhead::test
