// Field by field; what the kernel does not tell is null.
#include "addon/stats.h"

namespace bulkhead::addon {
namespace {

Napi::Value number_or_null(Napi::Env env, const std::optional<std::uint64_t>& number) {
  return number ? Napi::Value(Napi::Number::New(env, static_cast<double>(*number))) : env.Null();
}

Napi::Value to_pressure(Napi::Env env, const std::optional<cgroup::Pressure>& pressure) {
  if (!pressure) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("some10", pressure->some10);
  object.Set("some60", pressure->some60);
  object.Set("full10", pressure->full10);
  object.Set("full60", pressure->full60);
  return object;
}

Napi::Object to_pressures(Napi::Env env, const cgroup::Stats& stats) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("cpu", to_pressure(env, stats.cpu_pressure));
  object.Set("memory", to_pressure(env, stats.memory_pressure));
  object.Set("io", to_pressure(env, stats.io_pressure));
  return object;
}

}  // namespace

Napi::Value to_stats(Napi::Env env, const cgroup::Stats& stats) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("cpuUsageUs", static_cast<double>(stats.cpu_usage_us));
  object.Set("cpuThrottledUs", number_or_null(env, stats.cpu_throttled_us));
  object.Set("memoryBytes", number_or_null(env, stats.memory_bytes));
  object.Set("memoryLimitBytes", number_or_null(env, stats.memory_limit_bytes));
  object.Set("memoryPeakBytes", number_or_null(env, stats.memory_peak_bytes));
  object.Set("swapBytes", number_or_null(env, stats.swap_bytes));
  object.Set("oomKills", number_or_null(env, stats.oom_kills));
  object.Set("pids", number_or_null(env, stats.pids));
  object.Set("pidsLimit", number_or_null(env, stats.pids_limit));
  object.Set("ioReadBytes", number_or_null(env, stats.io_read_bytes));
  object.Set("ioWriteBytes", number_or_null(env, stats.io_write_bytes));
  object.Set("pressure", to_pressures(env, stats));
  return object;
}

}  // namespace bulkhead::addon
