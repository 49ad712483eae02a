// What surrounds the container's process inside its namespaces: host name, loopback, kernel settings, the pivot.
#pragma once

#include "context.h"

namespace bulkhead::init {

void set_hostname(Context& context);
void bring_loopback_up(Context& context);
void write_sysctls(Context& context);
/** Makes `context.root` the root of this mount namespace and lets go of the old one. */
void pivot(Context& context);

}  // namespace bulkhead::init
