// Blobs on their way out.
#include <fcntl.h>

#include "addon/decode.h"
#include "addon/exports.h"
#include "addon/progress.h"
#include "addon/task.h"
#include "core/descriptor/unique_fd.h"
#include "core/layers/send_blob.h"

namespace bulkhead::addon {
namespace {

Napi::Value send_blob(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const Napi::Object request = decoder.object(info[0], "request");
  const std::string path = decoder.text(request.Get("path"), "path");
  const uint64_t size = decoder.uint53(request.Get("sizeBytes"), "sizeBytes");
  // Duplicated here and now: the caller may close his while it is used.
  const auto socket =
      std::make_shared<UniqueFd>(fcntl(decoder.integer(request.Get("socket"), "socket"), F_DUPFD_CLOEXEC, 3));
  if (!*socket) decoder.note("socket", "an open descriptor");
  if (!decoder.ok()) return decoder.throw_problem();
  const auto control = std::make_shared<ReadControl>();
  const auto progress = std::make_shared<Progress>(info.Env(), info[1]);
  control->on_blob_bytes = [progress](uint64_t bytes) { progress->report(bytes); };
  const auto act = [=](Steps&) {
    auto sent = bulkhead::send_blob(socket->get(), path, size, *control);
    progress->stop();
    return sent;
  };
  const auto encode = [](Napi::Env env, const Result<void>&, const Steps&) { return env.Undefined(); };
  const auto cancel = [control](const Napi::CallbackInfo&) { control->cancel(); };
  Napi::Object handle = Napi::Object::New(info.Env());
  handle.Set("done", run_on_thread(info.Env(), make_work(act, encode)));
  handle.Set("cancel", Napi::Function::New(info.Env(), cancel));
  return handle;
}

}  // namespace

void export_transfers(Napi::Env env, Napi::Object exports) {
  exports.Set("sendBlob", Napi::Function::New(env, send_blob));
}

}  // namespace bulkhead::addon
