// poll(2), send(2) without waiting: the descriptor's blocking mode is shared, so it is another's to choose.
#include "core/layers/socket_output.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace bulkhead {
namespace {

Error send_error(int number, const std::string& object) { return make_error("send-blob", number, object); }

/** Whether the socket takes more; an error of its own is the next write's to tell. */
Result<void> wait_for_room(int socket, const std::string& object, const ReadControl& control) {
  pollfd waited[] = {{socket, POLLOUT, 0}, {control.changes(), POLLIN, 0}};
  const int count = poll(waited, 2, -1);
  if (control.is_cancelled()) return send_error(ECANCELED, object);
  if (count < 0 && errno != EINTR) return send_error(errno, object);
  return {};
}

}  // namespace

Result<void> send_all(int socket, Bytes bytes, const std::string& object, const ReadControl& control) {
  while (!bytes.empty()) {
    BULKHEAD_TRY(wait_for_room(socket, object, control));
    const ssize_t some = send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (some < 0 && errno != EAGAIN && errno != EINTR) return send_error(errno, object);
    bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(some, 0)));
  }
  return {};
}

}  // namespace bulkhead
