// Blobs: received from a socket into a file.
#include <fcntl.h>

#include <cerrno>

#include "addon/decode.h"
#include "addon/exports.h"
#include "addon/progress.h"
#include "addon/task.h"
#include "core/layers/receive_blob.h"

namespace bulkhead::addon {
namespace {

/** What is received is unpacked meanwhile: that waits for no more than this. */
constexpr auto kInterval = std::chrono::milliseconds(50);

Napi::Value receive_blob(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const Napi::Object object = decoder.object(info[0], "request");
  const int socket = decoder.integer(object.Get("socket"), "socket");
  ReceiveRequest request{-1, decoder.text(object.Get("path"), "path"), decoder.uint53(object.Get("offset"), "offset"),
                         decoder.uint53(object.Get("sizeBytes"), "sizeBytes")};
  if (!decoder.ok()) return decoder.throw_problem();
  // The caller may close his at once.
  const auto own = std::make_shared<UniqueFd>(fcntl(socket, F_DUPFD_CLOEXEC, 3));
  if (!*own) return throw_failure(info.Env(), make_error("receive-blob", errno, "socket"));
  request.socket = own->get();
  const auto control = std::make_shared<ReadControl>();
  const auto progress = std::make_shared<Progress>(info.Env(), info[1], kInterval);
  control->on_blob_bytes = [progress](uint64_t bytes) { progress->report(bytes); };
  const auto act = [request, own, control, progress](Steps&) {
    auto digest = bulkhead::receive_blob(request, *control);
    progress->stop();
    // Who sends shall not wait for the garbage collector.
    own->reset();
    return digest;
  };
  const auto encode = [](Napi::Env env, const Result<std::string>& digest, const Steps&) {
    Napi::Object received = Napi::Object::New(env);
    received.Set("digest", digest.value());
    return received;
  };
  Napi::Object handle = Napi::Object::New(info.Env());
  handle.Set("done", run_on_thread(info.Env(), make_work(act, encode)));
  handle.Set("cancel", Napi::Function::New(info.Env(), [control](const Napi::CallbackInfo&) { control->cancel(); }));
  return handle;
}

}  // namespace

void export_blobs(Napi::Env env, Napi::Object exports) {
  exports.Set("receiveBlob", Napi::Function::New(env, receive_blob));
}

}  // namespace bulkhead::addon
