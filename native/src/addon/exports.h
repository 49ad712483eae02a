// What each file of the addon adds to the module; module.cpp calls them all.
#pragma once

#include <napi.h>

namespace bulkhead::addon {

void export_peer(Napi::Env env, Napi::Object exports);
void export_containers(Napi::Env env, Napi::Object exports);
void export_cgroups(Napi::Env env, Napi::Object exports);
void export_blobs(Napi::Env env, Napi::Object exports);
void export_layers(Napi::Env env, Napi::Object exports);
void export_transfers(Napi::Env env, Napi::Object exports);
void export_files(Napi::Env env, Napi::Object exports);
void export_host(Napi::Env env, Napi::Object exports);

}  // namespace bulkhead::addon
