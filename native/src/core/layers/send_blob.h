// Writes a file to a socket, at the speed of whoever reads from it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "core/result.h"

namespace bulkhead {

struct SendControl {
  std::atomic<bool> cancelled = false;
  /** Called with the bytes sent so far. May be empty. */
  std::function<void(std::uint64_t)> on_bytes;
};

/**
 * Sends the first `size` bytes of `path` to the connected stream socket `socket`, which stays the caller's; blocks meanwhile, but for
 * half a second after `control` says that it is cancelled. Errors, step "send-blob": EPIPE (nobody reads any more), ENODATA (the file is
 * shorter), ECANCELED, ENOENT, EIO.
 */
Result<void> send_blob(int socket, const std::string& path, std::uint64_t size, SendControl& control);

}  // namespace bulkhead
