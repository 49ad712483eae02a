// The encoding of errors.
#include "addon/failure.h"

#include <string>

#include "core/linux/errno_name.h"

namespace bulkhead::addon {
namespace {

constexpr double kNanosecondsPerMicrosecond = 1000;

double microseconds(uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / kNanosecondsPerMicrosecond; }

Napi::Value to_step(Napi::Env env, const StepRecord& record) {
  Napi::Object step = Napi::Object::New(env);
  step.Set("step", record.step);
  step.Set("startUs", microseconds(record.startNs));
  step.Set("durationUs", microseconds(record.durationNs));
  step.Set("errno", record.errnum);
  step.Set("object", record.object);
  return step;
}

}  // namespace

Napi::Value to_failure(Napi::Env env, const Error& error, const Steps& steps) {
  const std::string name(errno_name(error.number));
  const Napi::Error failure =
      Napi::Error::New(env, error.step + ": " + (name.empty() ? "failed" : name) + " (" + error.object + ")");
  Napi::Object fields = failure.Value();
  fields.Set("step", error.step);
  fields.Set("errno", error.number);
  fields.Set("errnoName", name);
  fields.Set("object", error.object);
  if (!steps.empty()) fields.Set("steps", to_steps(env, steps));
  return fields;
}

Napi::Value to_steps(Napi::Env env, const Steps& steps) {
  Napi::Array array = Napi::Array::New(env, steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) array.Set(static_cast<uint32_t>(i), to_step(env, steps[i]));
  return array;
}

Napi::Value throw_failure(Napi::Env env, const Error& error, const Steps& steps) {
  napi_throw(env, to_failure(env, error, steps));
  return env.Undefined();
}

}  // namespace bulkhead::addon
