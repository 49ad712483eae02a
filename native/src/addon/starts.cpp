#include "addon/starts.h"

#include <fcntl.h>

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

}  // namespace

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

seccomp::MemoryCache& filters() {
  static seccomp::MemoryCache cache;
  return cache;
}

std::atomic<int>& running_starts(StartKind kind) {
  static std::atomic<int> running[2];
  return running[static_cast<int>(kind)];
}

}  // namespace bulkhead::addon
