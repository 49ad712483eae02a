// Writes a file to a socket, at the speed of whoever reads from it.
#pragma once

#include <cstdint>
#include <string>

#include "core/layers/read_control.h"
#include "core/result.h"

namespace bulkhead {

/**
 * Sends the first `size` bytes of `path` to the connected stream socket `socket`, which stays the caller's; blocks meanwhile.
 * `control` reports the bytes sent so far, and ends it. Errors, step "send-blob": EPIPE (nobody reads any more), ENODATA (the file is
 * shorter), ECANCELED, ENOENT, EIO.
 */
Result<void> send_blob(int socket, const std::string& path, std::uint64_t size, const ReadControl& control);

}  // namespace bulkhead
