// pread(2), poll(2), send(2) without waiting: the descriptor's blocking mode is shared, so it is another's to choose.
#include "core/layers/send_blob.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "core/descriptor/unique_fd.h"

namespace bulkhead {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

Error send_error(int number, const std::string& path) { return make_error("send-blob", number, path); }

/** Whether the socket takes more; an error of its own is the next write's to tell. */
Result<void> wait_for_room(int socket, const std::string& path, const ReadControl& control) {
  pollfd waited[] = {{socket, POLLOUT, 0}, {control.changes(), POLLIN, 0}};
  const int count = poll(waited, 2, -1);
  if (control.is_cancelled()) return send_error(ECANCELED, path);
  if (count < 0 && errno != EINTR) return send_error(errno, path);
  return {};
}

Result<void> send_all(int socket, const char* bytes, std::size_t count, const std::string& path,
                      const ReadControl& control) {
  for (std::size_t sent = 0; sent < count;) {
    BULKHEAD_TRY(wait_for_room(socket, path, control));
    const ssize_t some = send(socket, bytes + sent, count - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (some < 0 && errno != EAGAIN && errno != EINTR) return send_error(errno, path);
    sent += static_cast<std::size_t>(std::max<ssize_t>(some, 0));
  }
  return {};
}

}  // namespace

Result<void> send_blob(int socket, const std::string& path, std::uint64_t size, const ReadControl& control) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!file) return send_error(errno, path);
  std::vector<char> piece(kPieceBytes);
  for (std::uint64_t done = 0; done < size;) {
    const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(size - done, piece.size()));
    const ssize_t count = pread(file.get(), piece.data(), most, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return send_error(count < 0 ? errno : ENODATA, path);
    BULKHEAD_TRY(send_all(socket, piece.data(), static_cast<std::size_t>(count), path, control));
    done += static_cast<std::uint64_t>(count);
    if (control.on_blob_bytes) control.on_blob_bytes(done);
  }
  return {};
}

}  // namespace bulkhead
