// The addon's entry point: native/index.d.ts is what it exports.
#include <napi.h>

#include "addon/exports.h"

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  bulkhead::addon::export_peer(env, exports);
  bulkhead::addon::export_containers(env, exports);
  bulkhead::addon::export_cgroups(env, exports);
  bulkhead::addon::export_blobs(env, exports);
  bulkhead::addon::export_layers(env, exports);
  bulkhead::addon::export_transfers(env, exports);
  bulkhead::addon::export_files(env, exports);
  bulkhead::addon::export_host(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(bulkhead, initialise)
