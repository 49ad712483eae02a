#include "runtime/pidfd_socket.h"

#include <cerrno>

#include "core/descriptor/process.h"
#include "core/descriptor/unix_socket.h"

namespace bulkhead::runtime {

Result<void> send_pidfd(int socket, pid_t pid) {
  if (socket < 0) return {};
  const UniqueFd pidfd = open_pidfd(pid);
  if (!pidfd) return make_error("state", errno, "pidfd");
  // The name of the file goes with it, as with runc's other descriptors.
  if (send_descriptor(socket, "pidfd", pidfd.get()) < 0) return make_error("state", errno, "pidfd-socket");
  return {};
}

}  // namespace bulkhead::runtime
