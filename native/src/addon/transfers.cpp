// Blobs and trees on their way out.
#include <fcntl.h>

#include "addon/decode.h"
#include "addon/exports.h"
#include "addon/layer_limits.h"
#include "addon/progress.h"
#include "addon/task.h"
#include "core/descriptor/unique_fd.h"
#include "core/layers/commit.h"
#include "core/layers/send_blob.h"

namespace bulkhead::addon {
namespace {

/** Duplicated here and now: the caller may close his while it is used. */
std::shared_ptr<UniqueFd> own_socket(Decoder& decoder, const Napi::Object& request) {
  const int socket = decoder.integer(request.Get("socket"), "socket");
  auto own = std::make_shared<UniqueFd>(fcntl(socket, F_DUPFD_CLOEXEC, 3));
  if (!*own) decoder.note("socket", "an open descriptor");
  return own;
}

/** `send(socket, control)` on a thread of its own: its promise, and what ends it. */
template <class Send>
Napi::Value begin(const Napi::CallbackInfo& info, std::shared_ptr<UniqueFd> socket, Send send) {
  const auto control = std::make_shared<ReadControl>();
  const auto progress = std::make_shared<Progress>(info.Env(), info[1]);
  control->on_blob_bytes = [progress](uint64_t bytes) { progress->report(bytes); };
  const auto act = [=](Steps&) {
    auto sent = send(socket->get(), *control);
    progress->stop();
    // Who reads shall not wait for the garbage collector.
    socket->reset();
    return sent;
  };
  const auto encode = [](Napi::Env env, const auto&, const Steps&) { return env.Undefined(); };
  const auto cancel = [control](const Napi::CallbackInfo&) { control->cancel(); };
  Napi::Object handle = Napi::Object::New(info.Env());
  handle.Set("done", run_on_thread(info.Env(), make_work(act, encode)));
  handle.Set("cancel", Napi::Function::New(info.Env(), cancel));
  return handle;
}

Napi::Value send_blob(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const Napi::Object request = decoder.object(info[0], "request");
  const std::string path = decoder.text(request.Get("path"), "path");
  const uint64_t size = decoder.uint53(request.Get("sizeBytes"), "sizeBytes");
  const auto socket = own_socket(decoder, request);
  if (!decoder.ok()) return decoder.throw_problem();
  return begin(info, socket, [path, size](int fd, const ReadControl& control) {
    return bulkhead::send_blob(fd, path, size, control);
  });
}

Napi::Value send_tree(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const Napi::Object object = decoder.object(info[0], "request");
  SendTreeRequest request{
      .layers = decoder.texts(object.Get("layers"), "layers"),
      .view = decoder.boolean(object.Get("asLayer"), "asLayer") ? TreeView::kLayer : TreeView::kMerged,
      .limits = to_limits(decoder, object)};
  const auto socket = own_socket(decoder, object);
  if (!decoder.ok()) return decoder.throw_problem();
  return begin(info, socket, [request](int fd, const ReadControl& control) {
    SendTreeRequest to = request;
    to.socket = fd;
    return bulkhead::send_tree(to, control);
  });
}

}  // namespace

void export_transfers(Napi::Env env, Napi::Object exports) {
  exports.Set("sendBlob", Napi::Function::New(env, send_blob));
  exports.Set("sendTree", Napi::Function::New(env, send_tree));
}

}  // namespace bulkhead::addon
