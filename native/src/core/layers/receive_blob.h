// A blob from a socket to a file, hashed as it comes: its bytes see neither Node's heap nor a process that would have to be believed.
#pragma once

#include <cstdint>
#include <string>

#include "core/layers/read_control.h"
#include "core/result.h"

namespace bulkhead {

struct ReceiveRequest {
  /** A connected stream socket. */
  int socket = -1;
  /** Made if it is missing, 0600; never followed if it is a link. */
  std::string path;
  /** So much of the blob is in the file, and stays; what is behind it goes. */
  std::uint64_t offset = 0;
  /** Of the whole blob. */
  std::uint64_t size = 0;
};

/**
 * Blocks until the whole blob is in the file: `sha256:…` of it. `control` reports how much of the file there is, and ends it
 * (ECANCELED). Errors of the step "receive-blob": ENODATA when the socket ends too early, EFBIG when more than the blob is there already;
 * for these two, the object is the number of bytes that are in the file. EINVAL: the file has less than `offset`. ENOSPC …
 */
Result<std::string> receive_blob(const ReceiveRequest& request, const ReadControl& control);

}  // namespace bulkhead
