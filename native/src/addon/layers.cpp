// Layers: unpacking, committing and packing with progress and cancellation, decompression, removal.
#include "addon/decode.h"
#include "addon/exports.h"
#include "addon/layer_limits.h"
#include "addon/progress.h"
#include "addon/task.h"
#include "core/layers/commit.h"
#include "core/layers/remove_tree.h"
#include "core/layers/tree_size.h"
#include "core/layers/unpack.h"

namespace bulkhead::addon {
namespace {

UnpackRequest to_unpack(Decoder& decoder, const Napi::Value& value) {
  const Napi::Object object = decoder.object(value, "request");
  return {decoder.text(object.Get("blobPath"), "blobPath"), decoder.text(object.Get("directory"), "directory"),
          decoder.texts(object.Get("lowerDirectories"), "lowerDirectories"), to_limits(decoder, object)};
}

CommitRequest to_commit(Decoder& decoder, const Napi::Value& value) {
  const Napi::Object object = decoder.object(value, "request");
  return {decoder.text(object.Get("source"), "source"), decoder.text(object.Get("directory"), "directory"),
          to_limits(decoder, object)};
}

PackRequest to_pack(Decoder& decoder, const Napi::Value& value) {
  const Napi::Object object = decoder.object(value, "request");
  return {decoder.text(object.Get("directory"), "directory"),
          decoder.optional_text(object.Get("target"), "target").value_or(""), to_limits(decoder, object)};
}

Napi::Value encode_unpacked(Napi::Env env, const Result<Unpacked>& result, const Steps&) {
  const Unpacked& unpacked = result.value();
  Napi::Object object = Napi::Object::New(env);
  object.Set("digest", unpacked.digest);
  object.Set("diffId", unpacked.diff_id);
  object.Set("blobBytes", static_cast<double>(unpacked.blob_bytes));
  object.Set("tarBytes", static_cast<double>(unpacked.tar_bytes));
  object.Set("entries", static_cast<double>(unpacked.entries));
  return object;
}

/** `work(request, control)` on a thread of its own: its promise, and what ends it. */
template <class Request, class Control>
Napi::Value begin(const Napi::CallbackInfo& info, Request (*decode)(Decoder&, const Napi::Value&),
                  Result<Unpacked> (*work)(const Request&, Control&)) {
  Decoder decoder(info.Env());
  const Request request = decode(decoder, info[0]);
  if (!decoder.ok()) return decoder.throw_problem();
  const auto control = std::make_shared<std::remove_const_t<Control>>();
  const auto progress = std::make_shared<Progress>(info.Env(), info[1]);
  control->on_blob_bytes = [progress](uint64_t bytes) { progress->report(bytes); };
  const auto act = [=](Steps&) {
    auto unpacked = work(request, *control);
    progress->stop();
    return unpacked;
  };
  const auto cancel = [control](const Napi::CallbackInfo&) { control->cancel(); };
  Napi::Object handle = Napi::Object::New(info.Env());
  handle.Set("done", run_on_thread(info.Env(), make_work(act, encode_unpacked)));
  handle.Set("cancel", Napi::Function::New(info.Env(), cancel));
  return handle;
}

Napi::Value unpack_layer(const Napi::CallbackInfo& info) { return begin(info, to_unpack, bulkhead::unpack_layer); }
Napi::Value commit_layer(const Napi::CallbackInfo& info) { return begin(info, to_commit, bulkhead::commit_layer); }
Napi::Value pack_layer(const Napi::CallbackInfo& info) { return begin(info, to_pack, bulkhead::pack_layer); }

Napi::Value decompress(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const std::string source = decoder.text(info[0], "source");
  const std::string target = decoder.text(info[1], "target");
  const uint64_t max_bytes = decoder.uint53(info[2], "maxBytes");
  if (!decoder.ok()) return decoder.throw_problem();
  const auto act = [=](Steps&) { return decompress_file(source, target, max_bytes); };
  const auto encode = [](Napi::Env env, const Result<uint64_t>& bytes, const Steps&) {
    return Napi::Number::New(env, static_cast<double>(bytes.value()));
  };
  return run_on_thread(info.Env(), make_work(act, encode));
}

Napi::Value tree_size(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const std::string path = decoder.text(info[0], "path");
  if (!decoder.ok()) return decoder.throw_problem();
  const auto act = [path](Steps&) { return Result<std::uint64_t>(bulkhead::tree_size(path)); };
  const auto encode = [](Napi::Env env, const Result<std::uint64_t>& bytes, const Steps&) {
    return Napi::Number::New(env, static_cast<double>(bytes.value()));
  };
  return run_on_thread(info.Env(), make_work(act, encode));
}

Napi::Value remove_tree(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const std::string path = decoder.text(info[0], "path");
  if (!decoder.ok()) return decoder.throw_problem();
  return run_on_thread(info.Env(), make_work([path] { return bulkhead::remove_tree(path); }));
}

}  // namespace

void export_layers(Napi::Env env, Napi::Object exports) {
  exports.Set("unpackLayer", Napi::Function::New(env, unpack_layer));
  exports.Set("commitLayer", Napi::Function::New(env, commit_layer));
  exports.Set("packLayer", Napi::Function::New(env, pack_layer));
  exports.Set("decompress", Napi::Function::New(env, decompress));
  exports.Set("treeSize", Napi::Function::New(env, tree_size));
  exports.Set("removeTree", Napi::Function::New(env, remove_tree));
}

}  // namespace bulkhead::addon
