// How this process gives up everything but reading one file and writing to one channel. Two steps, for a thread has to be made between them.
#pragma once

#include "core/result.h"

namespace bulkhead {

/**
 * While there is one thread: an empty root that can't be written to, an id that is nobody's, no capability, no descriptor but the
 * channel's, death together with who started it. The namespaces are the starter's gift. Errors of the step "confine".
 */
Result<void> leave_host(int blob, int socket);

/** For all threads, for good: the system calls of system_calls.h, and death for any other. */
Result<void> allow_few_calls();

}  // namespace bulkhead
