// What bulkhead-init tells the launcher, over the status socket.
#pragma once

#include "context.h"

namespace bulkhead::init {

void report_failure(const Context& context);
void report(plan::StatusKind kind, int pid, uint64_t start_time_ticks);
/** Says kSync and waits for the launcher's byte; false: it hung up. */
bool sync_with_launcher(int pid);
/** The OPEN plan's result. */
void report_opened(int fd, const char* kind);

}  // namespace bulkhead::init
