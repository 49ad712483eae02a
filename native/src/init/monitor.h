// The monitor of a running process: serves its socket, log and terminal until it has ended, and publishes how it ended.
#pragma once

#include "streams.h"

namespace bulkhead::init {

/** Binds and listens at the plan's socket name in the run directory: clients can connect from the first moment on. */
int listen_for_clients(Context& context);
/** Removes that name again; nothing there: nothing to do. */
void remove_socket_name(const Context& context);

[[noreturn]] void serve(Context& context, const MonitorStreams& streams, int listener, uint64_t start_time_ticks);

}  // namespace bulkhead::init
