// --pidfd-socket, as runc has it: a pidfd of the process for whoever listens at a unix socket.
#pragma once

#include <sys/types.h>

#include "core/descriptor/unique_fd.h"
#include "core/result.h"

namespace bulkhead::runtime {

/** Sends a pidfd of `pid`, a child that has not been waited for, over `socket`; nothing without a socket (-1). */
Result<void> send_pidfd(int socket, pid_t pid);

}  // namespace bulkhead::runtime
