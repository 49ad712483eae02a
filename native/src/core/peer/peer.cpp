// The socket options of unix(7), and the comparison of user namespaces.
#include "core/peer/peer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "core/descriptor/process.h"

// Since Linux 6.5; glibc 2.36 does not know it.
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

namespace bulkhead {
namespace {

Error failure(const char* option) { return make_error("peer", errno, option); }

Result<std::vector<gid_t>> peer_groups(int socket) {
  std::vector<gid_t> groups(64);
  for (;;) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
      groups.resize(size / sizeof(gid_t));
      return groups;
    }
    // ERANGE: `size` now says how much is needed.
    if (errno != ERANGE || size <= groups.size() * sizeof(gid_t)) return failure("SO_PEERGROUPS");
    groups.resize(size / sizeof(gid_t));
  }
}

UniqueFd peer_pidfd(int socket, pid_t pid) {
  int fd = -1;
  socklen_t size = sizeof fd;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) == 0) return UniqueFd(fd);
  // Before Linux 6.5 a peer that has ended can have left its pid to another process, and the namespace found is that one's.
  // The uid and the groups are the socket's all the same.
  return errno == ENOPROTOOPT ? open_pidfd(pid) : UniqueFd();
}

bool is_same_file(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

/** /proc/<pid> is the process of the pidfd if that is alive afterwards. */
bool shares_user_namespace(pid_t pid, int pidfd) {
  struct stat own {};
  struct stat theirs {};
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/user";
  if (stat("/proc/self/ns/user", &own) != 0 || stat(path.c_str(), &theirs) != 0) return false;
  return is_same_file(own, theirs) && is_alive(pidfd);
}

}  // namespace

Result<PeerIdentity> peer_identity(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return failure("SO_PEERCRED");
  PeerIdentity peer{credentials.pid, credentials.uid, credentials.gid, {}, false};
  peer.groups = BULKHEAD_TRY(peer_groups(socket));
  // Pid 0: a process of a pid namespace that this one can't see.
  const UniqueFd pidfd = peer.pid > 0 ? peer_pidfd(socket, peer.pid) : UniqueFd();
  peer.is_same_user_namespace = pidfd.valid() && shares_user_namespace(peer.pid, pidfd.get());
  return peer;
}

}  // namespace bulkhead
