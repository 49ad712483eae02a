// Launching, executing in a container, and handing streams to monitors.
#include <fcntl.h>

#include "addon/decode.h"
#include "addon/exports.h"
#include "addon/host.h"
#include "addon/task.h"
#include "core/container/start.h"
#include "core/descriptor/unix_socket.h"

namespace bulkhead::addon {
namespace {

std::optional<OverlayRoot> to_overlay(Decoder& decoder, const Napi::Value& value) {
  if (value.IsNull()) return std::nullopt;
  const Napi::Object object = decoder.object(value, "overlay");
  return OverlayRoot{
      decoder.texts(object.Get("layers"), "layers"), decoder.text(object.Get("upperDirectory"), "upperDirectory"),
      decoder.text(object.Get("workDirectory"), "workDirectory"), decoder.boolean(object.Get("idMapped"), "idMapped"),
      decoder.boolean(object.Get("noSuid"), "noSuid")};
}

std::optional<MountSource::Owner> to_owner(Decoder& decoder, const Napi::Value& value) {
  if (value.IsNull()) return std::nullopt;
  const Napi::Object object = decoder.object(value, "owner");
  return MountSource::Owner{decoder.uint32(object.Get("uid"), "uid"), decoder.uint32(object.Get("gid"), "gid")};
}

OwnedMountSource to_mount_source(Decoder& decoder, const Napi::Value& value) {
  const Napi::Object object = decoder.object(value, "mountSource");
  OwnedMountSource owned;
  owned.source.index = decoder.uint32(object.Get("index"), "index");
  owned.source.owner = to_owner(decoder, object.Get("owner"));
  // Duplicated here and now: the caller may close his while the launch is under way.
  owned.fd.reset(fcntl(decoder.integer(object.Get("fd"), "fd"), F_DUPFD_CLOEXEC, 3));
  if (!owned.fd) decoder.note("fd", "an open descriptor");
  return owned;
}

std::vector<OwnedMountSource> to_mount_sources(Decoder& decoder, const Napi::Value& value) {
  const Napi::Array array = decoder.array(value, "mountSources");
  std::vector<OwnedMountSource> sources;
  for (uint32_t i = 0; i < array.Length(); ++i) sources.push_back(to_mount_source(decoder, array.Get(i)));
  return sources;
}

std::vector<UniqueFd> to_descriptors(Decoder& decoder, const Napi::Value& value) {
  const Napi::Array array = decoder.array(value, "descriptors");
  std::vector<UniqueFd> descriptors;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    // As a mount's: the caller may close his at once.
    descriptors.emplace_back(fcntl(decoder.integer(array.Get(i), "descriptors"), F_DUPFD_CLOEXEC, 3));
    if (!descriptors.back()) decoder.note("descriptors", "open descriptors");
  }
  return descriptors;
}

ContainerStart to_container(Decoder& decoder, const Napi::Value& value) {
  const Napi::Object request = decoder.object(value, "request");
  return {decoder.text(request.Get("id"), "id"),
          decoder.text(request.Get("config"), "config"),
          to_overlay(decoder, request.Get("overlay")),
          to_mount_sources(decoder, request.Get("mountSources")),
          decoder.optional_text(request.Get("user"), "user"),
          decoder.texts(request.Get("requiredRlimits"), "requiredRlimits"),
          decoder.text(request.Get("runDirectory"), "runDirectory"),
          decoder.optional_text(request.Get("logPath"), "logPath"),
          decoder.boolean(request.Get("openStdin"), "openStdin"),
          to_descriptors(decoder, request.Get("descriptors"))};
}

ExecStart to_exec(Decoder& decoder, const Napi::Value& value) {
  const Napi::Object request = decoder.object(value, "request");
  return {{decoder.integer(request.Get("pid"), "pid"), decoder.uint53(request.Get("startTimeTicks"), "startTimeTicks")},
          decoder.text(request.Get("config"), "config"),
          decoder.optional_text(request.Get("user"), "user"),
          decoder.texts(request.Get("requiredRlimits"), "requiredRlimits"),
          decoder.text(request.Get("runDirectory"), "runDirectory"),
          decoder.text(request.Get("name"), "name"),
          decoder.boolean(request.Get("openStdin"), "openStdin"),
          decoder.boolean(request.Get("waitForAttach"), "waitForAttach")};
}

Napi::Value encode_launched(Napi::Env env, const Result<LaunchOutcome>& outcome, const Steps& steps) {
  Napi::Object launched = Napi::Object::New(env);
  launched.Set("pid", outcome.value().pid);
  launched.Set("startTimeTicks", static_cast<double>(outcome.value().startTimeTicks));
  launched.Set("monitorPid", outcome.value().monitorPid);
  launched.Set("steps", to_steps(env, steps));
  return launched;
}

/** Compiled filters, for the life of the process. */
seccomp::MemoryCache& filters() {
  static seccomp::MemoryCache cache;
  return cache;
}

/** Of everybody together; each one's share is the helper's to say. */
constexpr int kMaxStarts = 256;

/**
 * `start(context, what)`, never on the thread pool: a container can hold an exec up for seconds, and four of them would
 * stop every file operation of the helper. Of each kind, kMaxStarts at a time.
 */
template <class What>
Napi::Value run_start(Napi::Env env, Result<LaunchOutcome> (*start)(StartContext, const What&), What what) {
  static std::atomic<int> running{0};
  const auto& host = cgroup_host();
  if (!host.ok()) return throw_failure(env, host.error());
  const auto shared = std::make_shared<const What>(std::move(what));
  const auto act = [=](Steps& steps) { return start({cgroup_host().value(), filters(), steps}, *shared); };
  return run_on_thread(env, running, kMaxStarts, make_work(act, encode_launched));
}

Napi::Value launch(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  ContainerStart start = to_container(decoder, info[0]);
  if (!decoder.ok()) return decoder.throw_problem();
  return run_start(info.Env(), start_container, std::move(start));
}

Napi::Value exec(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  ExecStart start = to_exec(decoder, info[0]);
  if (!decoder.ok()) return decoder.throw_problem();
  return run_start(info.Env(), start_exec, std::move(start));
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
  exports.Set("exec", Napi::Function::New(env, exec));
  exports.Set("passDescriptor", Napi::Function::New(env, pass_descriptor));
}

}  // namespace bulkhead::addon
