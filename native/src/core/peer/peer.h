// Who is at the other end of a unix socket, as the kernel says it: never as the peer does.
#pragma once

#include <sys/types.h>

#include <vector>

#include "core/result.h"

namespace bulkhead {

struct PeerIdentity {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  /** Supplementary groups at the time of connect. */
  std::vector<gid_t> groups;
  /** False also when the peer has ended meanwhile and it can't be known: deny. */
  bool is_same_user_namespace = false;
  /** Whether the pids that he sees are ours. */
  bool is_same_pid_namespace = false;
  /** Whether a path means to him what it means here: the same mount namespace, and the same root directory in it. */
  bool sees_same_files = false;
};

/** Of a connected socket: SO_PEERCRED, SO_PEERGROUPS (Linux 4.13), SO_PEERPIDFD (6.5; before: by its pid). */
Result<PeerIdentity> peer_identity(int socket);

}  // namespace bulkhead
