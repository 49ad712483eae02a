// Statistics of a control group, as CgroupStats of index.d.ts.
#pragma once

#include <napi.h>

#include "core/cgroup/stats.h"

namespace bulkhead::addon {

Napi::Value to_stats(Napi::Env env, const cgroup::Stats& stats);

}  // namespace bulkhead::addon
