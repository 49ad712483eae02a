// Launching, parking, executing in a container, and handing streams to monitors.
#include <fcntl.h>

#include "addon/exports.h"
#include "addon/starts.h"
#include "core/descriptor/unix_socket.h"

namespace bulkhead::addon {
namespace {

Napi::Value launch(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  ContainerStart start = to_container(decoder, info[0]);
  if (!decoder.ok()) return decoder.throw_problem();
  return run_start(info.Env(), StartKind::kContainer, start_container, std::move(start), encode_launched);
}

/** Empty once it has become a running container, or has been discarded. */
using Parked = std::shared_ptr<std::optional<ParkedLaunch>>;

Error no_longer_parked() { return make_error("launch", ESRCH, "gate"); }

Napi::Value release(Napi::Env env, const Parked& parked) {
  const auto released = *parked ? (*parked)->release() : Result<void>(no_longer_parked());
  return released.ok() ? env.Undefined() : throw_failure(env, released.error());
}

Napi::Value take_outcome(Napi::Env env, const Parked& parked) {
  Steps steps;
  const auto outcome = *parked ? (*parked)->outcome(&steps) : Result<LaunchOutcome>(no_longer_parked());
  if (!outcome.ok()) return throw_failure(env, outcome.error(), steps);
  parked->reset();
  return encode_launched(env, outcome, steps);
}

Napi::Value discard(Napi::Env env, const Parked& parked) {
  const auto last = std::make_shared<std::optional<ParkedLaunch>>(std::exchange(*parked, std::nullopt));
  return run_on_thread(env, make_work([last] {
                         if (*last) (*last)->discard();
                         return Result<void>();
                       }));
}

Napi::Value encode_parked(Napi::Env env, Result<ParkedLaunch>& result, const Steps& steps) {
  const Parked parked = std::make_shared<std::optional<ParkedLaunch>>(result.take());
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* name, Napi::Value (*act)(Napi::Env, const Parked&)) {
    const auto call = [parked, act](const Napi::CallbackInfo& info) { return act(info.Env(), parked); };
    object.Set(name, Napi::Function::New(env, call, name));
  };
  object.Set("steps", to_steps(env, steps));
  set("release", release);
  set("outcome", take_outcome);
  set("discard", discard);
  return object;
}

Napi::Value park(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  ContainerStart start = to_container(decoder, info[0]);
  if (!decoder.ok()) return decoder.throw_problem();
  return run_start(info.Env(), StartKind::kContainer, park_container, std::move(start), encode_parked);
}

Napi::Value exec(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  ExecStart start = to_exec(decoder, info[0]);
  if (!decoder.ok()) return decoder.throw_problem();
  return run_start(info.Env(), StartKind::kExec, start_exec, std::move(start), encode_launched);
}

Napi::Value pass_descriptor(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const std::string path = decoder.text(info[0], "monitorSocket");
  const std::string message = decoder.text(info[1], "message");
  const int fd = decoder.integer(info[2], "fd");
  if (!decoder.ok()) return decoder.throw_problem();
  const auto copy = std::make_shared<UniqueFd>(fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!*copy) return throw_failure(info.Env(), make_error("pass-descriptor", errno, path));
  const auto act = [=] { return bulkhead::pass_descriptor(path, message, copy->get()); };
  return run_on_pool(info.Env(), make_work(act));
}

}  // namespace

void export_containers(Napi::Env env, Napi::Object exports) {
  exports.Set("launch", Napi::Function::New(env, launch));
  exports.Set("park", Napi::Function::New(env, park));
  exports.Set("exec", Napi::Function::New(env, exec));
  exports.Set("passDescriptor", Napi::Function::New(env, pass_descriptor));
}

}  // namespace bulkhead::addon
