// Documents on disk.
#include "addon/decode.h"
#include "addon/exports.h"
#include "addon/task.h"
#include "core/linux/durable_file.h"

namespace bulkhead::addon {
namespace {

Napi::Value replace_file(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const std::string path = decoder.text(info[0], "path");
  const std::string temporary = decoder.text(info[1], "temporary");
  const auto content = std::make_shared<const std::string>(decoder.text(info[2], "content"));
  if (!decoder.ok()) return decoder.throw_problem();
  return run_on_pool(info.Env(), make_work([=] { return replace_durably(path, temporary, *content); }));
}

}  // namespace

void export_files(Napi::Env env, Napi::Object exports) {
  exports.Set("replaceFile", Napi::Function::New(env, replace_file));
}

}  // namespace bulkhead::addon
