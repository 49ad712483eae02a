// connect(2) and sendmsg(2).
#include "core/descriptor/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace bulkhead {
namespace {

constexpr const char* kStep = "pass-descriptor";
constexpr timeval kPatience{2, 0};

/** sun_path holds 107 bytes: a longer path is reached through a descriptor of its directory. */
struct Address {
  sockaddr_un name{};
  UniqueFd directory;
};

Result<Address> address_of(const std::string& path) {
  Address address;
  address.name.sun_family = AF_UNIX;
  std::string reachable = path;
  if (path.size() >= sizeof address.name.sun_path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return make_error(kStep, ENAMETOOLONG, path);
    address.directory.reset(open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!address.directory) return make_error(kStep, errno, path);
    reachable = "/proc/self/fd/" + std::to_string(address.directory.get()) + path.substr(slash);
  }
  if (reachable.size() >= sizeof address.name.sun_path) return make_error(kStep, ENAMETOOLONG, path);
  std::memcpy(address.name.sun_path, reachable.c_str(), reachable.size() + 1);
  return address;
}

}  // namespace

ssize_t send_descriptor(int socket, std::string_view message, int fd) {
  iovec part{const_cast<char*>(message.data()), message.size()};  // sendmsg only reads it
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  return sendmsg(socket, &header, MSG_NOSIGNAL);
}

Result<UniqueFd> connect_unix(const std::string& path) {
  const Address address = BULKHEAD_TRY(address_of(path));
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return make_error(kStep, errno, path);
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  const auto* name = reinterpret_cast<const sockaddr*>(&address.name);
  if (connect(socket.get(), name, sizeof address.name) != 0) return make_error(kStep, errno, path);
  return socket;
}

Result<void> pass_descriptor(const std::string& path, std::string_view message, int fd) {
  if (message.empty()) return make_error(kStep, EINVAL, path);
  const UniqueFd socket = BULKHEAD_TRY(connect_unix(path));
  ssize_t count = send_descriptor(socket.get(), message, fd);
  while (count > 0 && static_cast<std::size_t>(count) < message.size()) {
    message.remove_prefix(static_cast<std::size_t>(count));
    count = send(socket.get(), message.data(), message.size(), MSG_NOSIGNAL);
  }
  return count < 0 ? Result<void>(make_error(kStep, errno, path)) : Result<void>();
}

}  // namespace bulkhead
