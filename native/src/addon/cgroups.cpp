// Control groups of running containers.
#include "addon/decode.h"
#include "addon/exports.h"
#include "addon/host.h"
#include "addon/stats.h"
#include "addon/task.h"
#include "core/cgroup/control.h"
#include "core/oci/decode.h"

namespace bulkhead::addon {
namespace {

using cgroup::Host;

/** The path, with the host that it is on; or a pending exception. */
struct Group {
  const Host* host = nullptr;
  std::string path;

  explicit operator bool() const { return host != nullptr; }
};

Group to_group(const Napi::CallbackInfo& info, Decoder& decoder) {
  const std::string path = decoder.text(info[0], "path");
  const auto& host = cgroup_host();
  if (!decoder.ok()) {
    decoder.throw_problem();
    return {};
  }
  if (!host.ok()) {
    throw_failure(info.Env(), host.error());
    return {};
  }
  return {&host.value(), path};
}

Napi::Value freeze(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const bool frozen = decoder.boolean(info[1], "frozen");
  const Group group = to_group(info, decoder);
  if (!group) return info.Env().Undefined();
  return run_on_thread(info.Env(), make_work([=] { return cgroup::freeze(*group.host, group.path, frozen); }));
}

Napi::Value kill(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const Group group = to_group(info, decoder);
  if (!group) return info.Env().Undefined();
  return run_on_thread(info.Env(), make_work([=] { return cgroup::kill_all(*group.host, group.path); }));
}

Napi::Value remove(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const Group group = to_group(info, decoder);
  if (!group) return info.Env().Undefined();
  return run_on_thread(info.Env(), make_work([=] { return cgroup::remove(*group.host, group.path); }));
}

Result<void> decode_and_update(const Group& group, const std::string& resources) {
  const oci::Resources decoded = BULKHEAD_TRY(oci::decode_resources(resources));
  return cgroup::update(*group.host, group.path, decoded);
}

Napi::Value update(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const std::string resources = decoder.text(info[1], "resources");
  const Group group = to_group(info, decoder);
  if (!group) return info.Env().Undefined();
  return run_on_pool(info.Env(), make_work([=] { return decode_and_update(group, resources); }));
}

template <class T>
Napi::Array to_array(Napi::Env env, const std::vector<T>& values) {
  Napi::Array array = Napi::Array::New(env, values.size());
  for (std::size_t i = 0; i < values.size(); ++i) array.Set(static_cast<uint32_t>(i), values[i]);
  return array;
}

Napi::Value processes(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const Group group = to_group(info, decoder);
  if (!group) return info.Env().Undefined();
  return to_array(info.Env(), cgroup::processes(*group.host, group.path));
}

Napi::Value children(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const Group group = to_group(info, decoder);
  if (!group) return info.Env().Undefined();
  return to_array(info.Env(), cgroup::children(*group.host, group.path));
}

Napi::Value stats(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const Group group = to_group(info, decoder);
  if (!group) return info.Env().Undefined();
  return to_stats(info.Env(), cgroup::read_stats(*group.host, group.path));
}

}  // namespace

void export_cgroups(Napi::Env env, Napi::Object exports) {
  exports.Set("cgroupFreeze", Napi::Function::New(env, freeze));
  exports.Set("cgroupKill", Napi::Function::New(env, kill));
  exports.Set("cgroupRemove", Napi::Function::New(env, remove));
  exports.Set("cgroupProcesses", Napi::Function::New(env, processes));
  exports.Set("cgroupUpdate", Napi::Function::New(env, update));
  exports.Set("cgroupStats", Napi::Function::New(env, stats));
  exports.Set("cgroupChildren", Napi::Function::New(env, children));
}

}  // namespace bulkhead::addon
