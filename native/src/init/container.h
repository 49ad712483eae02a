// The container's half: what the process that becomes PID 1 does between clone and execve.
#pragma once

#include "namespaces.h"
#include "streams.h"

namespace bulkhead::init {

/** `host` holds what the monitor has made already, unless a new user namespace has to be waited for. */
[[noreturn]] void become_container(Context& context, const CgroupJoins& joins, HostMounts& host, Streams& streams);

}  // namespace bulkhead::init
