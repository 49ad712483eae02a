// Work off the main thread, and its promise.
#pragma once

#include <napi.h>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "addon/failure.h"

namespace bulkhead::addon {

/** Settles a promise, on the main thread. */
using Settle = std::function<void(Napi::Env, const Napi::Promise::Deferred&)>;
/** What is to be done elsewhere, without JavaScript; it returns what is to be done with its result. */
using Work = std::function<Settle()>;

/** On libuv's thread pool: for what takes milliseconds. */
Napi::Promise run_on_pool(Napi::Env env, Work work);
/** On a thread of its own: for what may take seconds (or hang until its deadline), and must not hold up the pool's
 * others. */
Napi::Promise run_on_thread(Napi::Env env, Work work);
/** The same, but at most `most` at a time share `running`; one too many rejects with EAGAIN. */
Napi::Promise run_on_thread(Napi::Env env, std::atomic<int>& running, int most, Work work);

/**
 * `act(steps)` is what to do elsewhere, a Result<T>; `encode(env, value)` makes its value a JavaScript one. An error
 * rejects with a KernelFailure that has the steps.
 */
template <class Act, class Encode>
Work make_work(Act act, Encode encode) {
  return [act = std::move(act), encode = std::move(encode)]() -> Settle {
    // Shared, for a std::function must be copyable and not every result is.
    const auto steps = std::make_shared<Steps>();
    const auto result = std::make_shared<decltype(act(*steps))>(act(*steps));
    return [steps, result, encode](Napi::Env env, const Napi::Promise::Deferred& deferred) {
      if (result->ok()) {
        deferred.Resolve(encode(env, *result, *steps));
      } else {
        deferred.Reject(to_failure(env, result->error(), *steps));
      }
    };
  };
}

/** Work whose only result is that it is done. */
template <class Act>
Work make_work(Act act) {
  return make_work([act = std::move(act)](Steps&) { return act(); },
                   [](Napi::Env env, const auto&, const Steps&) { return env.Undefined(); });
}

}  // namespace bulkhead::addon
