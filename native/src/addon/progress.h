// Progress of work on other threads, told to a JavaScript function not too often.
#pragma once

#include <napi.h>

#include <chrono>
#include <cstdint>

namespace bulkhead::addon {

class Progress {
 public:
  /** `callback`: a function of one number, or anything else: nobody wants to know. */
  Progress(Napi::Env env, const Napi::Value& callback,
           std::chrono::milliseconds interval = std::chrono::milliseconds(100));

  /** From one thread at a time. */
  void report(std::uint64_t amount);
  /** No report may follow. Must be called once. */
  void stop();

 private:
  Napi::ThreadSafeFunction function_;
  bool is_wanted_;
  std::chrono::milliseconds interval_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace bulkhead::addon
