// The socket options of unix(7), and the comparison of namespaces.
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

/** Whether `name` in /proc/<pid> leads to the same object as it does in this process's own. */
bool shares(const std::string& peer, const char* name) {
  struct stat own {};
  struct stat theirs {};
  if (stat(("/proc/self/" + std::string(name)).c_str(), &own) != 0) return false;
  return stat((peer + name).c_str(), &theirs) == 0 && is_same_file(own, theirs);
}

/** /proc/<pid> is the process of the pidfd if that is alive afterwards; else nothing is known of it. */
void compare_surroundings(PeerIdentity& peer, int pidfd) {
  const std::string process = "/proc/" + std::to_string(peer.pid) + "/";
  const bool user = shares(process, "ns/user");
  const bool pid = shares(process, "ns/pid");
  // The root of a chroot is another directory, or the same one in another mount; the latter shows the same files.
  const bool files = shares(process, "ns/mnt") && shares(process, "root");
  if (!is_alive(pidfd)) return;
  peer.is_same_user_namespace = user;
  peer.is_same_pid_namespace = pid;
  peer.sees_same_files = files;
}

}  // namespace

Result<PeerIdentity> peer_identity(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return failure("SO_PEERCRED");
  PeerIdentity peer{credentials.pid, credentials.uid, credentials.gid, {}};
  peer.groups = BULKHEAD_TRY(peer_groups(socket));
  // Pid 0: a process of a pid namespace that this one can't see.
  const UniqueFd pidfd = peer.pid > 0 ? peer_pidfd(socket, peer.pid) : UniqueFd();
  if (pidfd.valid()) compare_surroundings(peer, pidfd.get());
  return peer;
}

}  // namespace bulkhead
