// Bytes on their way to whoever reads at the other end of a socket, at his speed.
#pragma once

#include <string>

#include "core/layers/byte_source.h"
#include "core/layers/read_control.h"
#include "core/result.h"

namespace bulkhead {

/** All of them. `object` names what is sent. Errors, step "send-blob": EPIPE (nobody reads any more), ECANCELED. */
Result<void> send_all(int socket, Bytes bytes, const std::string& object, const ReadControl& control);

}  // namespace bulkhead
