// A unix socket as a client: to a path of any length, and descriptors sent over it (SCM_RIGHTS, unix(7)).
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "core/descriptor/unique_fd.h"
#include "core/result.h"

namespace bulkhead {

/** A connected SOCK_STREAM socket whose sends fail (EAGAIN) after two seconds. */
Result<UniqueFd> connect_unix(const std::string& path);
/** Sends `message` with a copy of `fd` in its first byte: the number of bytes sent, or -1 and errno (sendmsg(2)). */
ssize_t send_descriptor(int socket, std::string_view message, int fd);
/** Connects, sends `message` with a copy of `fd`, closes. The receiver gets the descriptor with the first byte. */
Result<void> pass_descriptor(const std::string& path, std::string_view message, int fd);

}  // namespace bulkhead
