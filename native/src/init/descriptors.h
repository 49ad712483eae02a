// Keeping a few descriptors and closing all others.
#pragma once

#include "context.h"
#include "streams.h"

namespace bulkhead::init {

/** Closes every descriptor from 3 on that is not among the `count` at `kept` (-1: none). */
void close_all_except(const int* kept, size_t count);

/** What a monitor goes on with; `listener`: its socket. */
void keep_monitor_descriptors(Context& context, const MonitorStreams& streams, int listener);

/** What the half that enters a container takes along: nothing of the host's but the plan's own slots for the process. */
void keep_process_descriptors(Context& context, const Streams& streams, int pidfd);

}  // namespace bulkhead::init
