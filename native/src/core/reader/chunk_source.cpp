// One message a chunk, and one byte back for it.
#include "core/reader/chunk_source.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "core/reader/channel.h"
#include "core/reader/errors.h"

namespace bulkhead {

Result<Bytes> ChunkSource::next() {
  if (holds_) BULKHEAD_TRY(give_back());
  BULKHEAD_TRY(wait());
  const std::uint32_t size = BULKHEAD_TRY(receive());
  if (size == 0 || size > channel::kChunkBytes) return reader_error(EPROTO, "the size of a chunk");
  const std::size_t at = received_++ % channel::kChunks * channel::kChunkBytes;
  holds_ = true;
  return Bytes(memory_).subspan(at, size);
}

// The end of a reader that has said all is no failure: it need not hear this any more.
Result<void> ChunkSource::give_back() {
  const char done = 0;
  holds_ = false;
  const bool given = send(socket_, &done, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1;
  if (given || errno == EPIPE || errno == ECONNRESET) return {};
  return reader_error(errno == EAGAIN ? EPROTO : errno, "a chunk that is given back");
}

Result<void> ChunkSource::wait() const {
  pollfd waited[] = {{socket_, POLLIN, 0}, {control_->changes(), POLLIN, 0}};
  const int ready = poll(waited, 2, quiet_ms_);
  if (control_->is_cancelled()) return make_error("read-blob", ECANCELED, "");
  if (ready == 0) return reader_error(ETIMEDOUT, "it says nothing");
  if (ready < 0 && errno != EINTR) return reader_error(errno, "poll");
  return {};
}

Result<std::uint32_t> ChunkSource::receive() const {
  for (;;) {
    channel::ChunkSize size = 0;
    const ssize_t count = recv(socket_, &size, sizeof size, MSG_TRUNC | MSG_DONTWAIT);
    if (count == sizeof size) return size;
    // ECONNRESET is told once, when it has ended without hearing of each chunk: what it has said before is still to come.
    if (count < 0 && (errno == EAGAIN || errno == EINTR || errno == ECONNRESET)) {
      BULKHEAD_TRY(wait());
    } else if (count == 0) {
      return reader_error(EPIPE, "it has ended before its work was done");
    } else {
      return reader_error(count < 0 ? errno : EPROTO, "a message's size");
    }
  }
}

}  // namespace bulkhead
