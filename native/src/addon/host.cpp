// What this machine can do.
#include "addon/host.h"

#include "addon/decode.h"
#include "addon/exports.h"
#include "addon/failure.h"
#include "core/features/features.h"

namespace bulkhead::addon {
namespace {

const char* mode_name(cgroup::Mode mode) {
  switch (mode) {
    case cgroup::Mode::kV2:
      return "v2";
    case cgroup::Mode::kHybrid:
      return "hybrid";
    case cgroup::Mode::kV1:
      return "v1";
  }
  return "v1";
}

Napi::Array controllers(Napi::Env env, const cgroup::Host& host) {
  Napi::Array names = Napi::Array::New(env);
  for (const cgroup::Hierarchy& hierarchy : host.hierarchies) {
    for (const std::string& controller : hierarchy.controllers) names.Set(names.Length(), controller);
  }
  return names;
}

Napi::Value host_features(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const std::string data_directory = decoder.text(info[0], "dataDirectory");
  if (!decoder.ok()) return decoder.throw_problem();
  const auto& host = cgroup_host();
  if (!host.ok()) return throw_failure(info.Env(), host.error());
  const HostFeatures features = probe_features(host.value(), data_directory);
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("kernelRelease", features.kernel_release);
  object.Set("bootId", features.boot_id);
  object.Set("cgroup", mode_name(host.value().mode()));
  object.Set("controllers", controllers(info.Env(), host.value()));
  object.Set("cgroupRoot", host.value().root);
  object.Set("idMappedMounts", features.idmapped_mounts);
  object.Set("idMappedOverlay", features.idmapped_overlay);
  object.Set("timeNamespaces", features.time_namespaces);
  object.Set("cgroupKill", features.cgroup_kill);
  return object;
}

}  // namespace

const Result<cgroup::Host>& cgroup_host() {
  static const Result<cgroup::Host> host = cgroup::probe_host();
  return host;
}

void export_host(Napi::Env env, Napi::Object exports) {
  exports.Set("hostFeatures", Napi::Function::New(env, host_features));
}

}  // namespace bulkhead::addon
