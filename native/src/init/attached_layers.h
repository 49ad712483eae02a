// The way to an overlay of idmapped layers for kernels that refuse layers of detached mounts (before 6.15).
#pragma once

#include "context.h"

namespace bulkhead::init {

/** Does `create(context, fs)`, whose result is 0 or -errno, while the detached `mounts` are attached in a namespace of its own. */
long create_with_attached(Context& context, const int* mounts, size_t count, int fs, long (*create)(Context&, int fs));

}  // namespace bulkhead::init
