// The rate limit, and the way to the main thread.
#include "addon/progress.h"

namespace bulkhead::addon {
Progress::Progress(Napi::Env env, const Napi::Value& callback, std::chrono::milliseconds interval)
    : is_wanted_(callback.IsFunction()), interval_(interval) {
  if (is_wanted_) function_ = Napi::ThreadSafeFunction::New(env, callback.As<Napi::Function>(), "progress", 0, 1);
}

void Progress::report(std::uint64_t amount) {
  const auto now = std::chrono::steady_clock::now();
  if (!is_wanted_ || now - last_ < interval_) return;
  last_ = now;
  const auto number = static_cast<double>(amount);
  // A report that finds the queue closed is not missed by anybody.
  function_.NonBlockingCall(
      [number](Napi::Env env, Napi::Function callback) { callback.Call({Napi::Number::New(env, number)}); });
}

void Progress::stop() {
  if (is_wanted_) function_.Release();
}

}  // namespace bulkhead::addon
