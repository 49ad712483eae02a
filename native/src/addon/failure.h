// The core's errors as JavaScript's: a KernelFailure of index.d.ts.
#pragma once

#include <napi.h>

#include <vector>

#include "core/plan/launch.h"
#include "core/result.h"

namespace bulkhead::addon {

using Steps = std::vector<StepRecord>;

/** An Error with step, errno, errnoName, object and, if there are any, steps. */
Napi::Value to_failure(Napi::Env env, const Error& error, const Steps& steps = {});
/** StepRecord[] of index.d.ts: times in microseconds. */
Napi::Value to_steps(Napi::Env env, const Steps& steps);
/** Makes the error the pending exception; undefined. */
Napi::Value throw_failure(Napi::Env env, const Error& error, const Steps& steps = {});

}  // namespace bulkhead::addon
