// One message a chunk; before a chunk is filled again, its byte must have come back.
#include "reader/chunk_sink.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace bulkhead {
namespace {

[[noreturn]] void end_unheard() { _exit(1); }

}  // namespace

void ChunkSink::record(channel::RecordKind kind, Bytes payload) {
  put(bytes_of(channel::RecordHeader{kind, static_cast<std::uint32_t>(payload.size())}));
  put(payload);
}

void ChunkSink::put(Bytes bytes) {
  while (!bytes.empty()) {
    if (filled_ == 0) wait_for_chunk();
    const std::size_t at = sent_ % channel::kChunks * channel::kChunkBytes + filled_;
    const std::size_t count = std::min(bytes.size(), channel::kChunkBytes - filled_);
    std::memcpy(memory_.data() + at, bytes.data(), count);
    filled_ += count;
    bytes = bytes.subspan(count);
    if (filled_ == channel::kChunkBytes) flush();
  }
}

void ChunkSink::flush() {
  if (filled_ == 0) return;
  const auto size = static_cast<channel::ChunkSize>(std::exchange(filled_, 0));
  ++sent_;
  while (send(socket_, &size, sizeof size, MSG_NOSIGNAL) != sizeof size) {
    if (errno != EINTR) end_unheard();
  }
}

void ChunkSink::wait_for_chunk() {
  while (sent_ - returned_ >= channel::kChunks) {
    char done = 0;
    const ssize_t count = recv(socket_, &done, 1, 0);
    if (count == 1) ++returned_;
    if (count == 0 || (count < 0 && errno != EINTR)) end_unheard();
  }
}

}  // namespace bulkhead
