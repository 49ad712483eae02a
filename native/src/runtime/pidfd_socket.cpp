#include "runtime/pidfd_socket.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "core/descriptor/process.h"

namespace bulkhead::runtime {

Result<void> send_pidfd(int socket, pid_t pid) {
  if (socket < 0) return {};
  const UniqueFd pidfd = open_pidfd(pid);
  if (!pidfd) return make_error("state", errno, "pidfd");
  // The name of the file goes with it, as with runc's other descriptors.
  char name[] = "pidfd";
  iovec segment{name, sizeof name - 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &segment;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int fd = pidfd.get();
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  if (sendmsg(socket, &message, MSG_NOSIGNAL) < 0) return make_error("state", errno, "pidfd-socket");
  return {};
}

}  // namespace bulkhead::runtime
