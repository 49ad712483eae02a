// Who calls, and what is done with his rights.
#include "core/peer/peer.h"

#include <sys/socket.h>

#include <cerrno>

#include "addon/decode.h"
#include "addon/exports.h"
#include "addon/task.h"
#include "core/caller/open_as_caller.h"
#include "core/descriptor/instance_lock.h"
#include "core/descriptor/process.h"

namespace bulkhead::addon {
namespace {

Napi::Value to_array(Napi::Env env, const std::vector<gid_t>& numbers) {
  Napi::Array array = Napi::Array::New(env, numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) array.Set(static_cast<uint32_t>(i), numbers[i]);
  return array;
}

Napi::Value peer_identity(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const int socket = decoder.integer(info[0], "socket");
  if (!decoder.ok()) return decoder.throw_problem();
  const auto peer = bulkhead::peer_identity(socket);
  if (!peer.ok()) return throw_failure(info.Env(), peer.error());
  Napi::Object identity = Napi::Object::New(info.Env());
  identity.Set("pid", peer.value().pid);
  identity.Set("uid", peer.value().uid);
  identity.Set("gid", peer.value().gid);
  identity.Set("groups", to_array(info.Env(), peer.value().groups));
  identity.Set("sameUserNamespace", peer.value().is_same_user_namespace);
  identity.Set("samePidNamespace", peer.value().is_same_pid_namespace);
  identity.Set("seesSameFiles", peer.value().sees_same_files);
  return identity;
}

Napi::Value lock_instance(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const std::string path = decoder.text(info[0], "path");
  if (!decoder.ok()) return decoder.throw_problem();
  const auto locked = bulkhead::lock_instance(path);
  if (!locked.ok()) return throw_failure(info.Env(), locked.error());
  return Napi::Boolean::New(info.Env(), locked.value());
}

CallerIdentity to_identity(Decoder& decoder, const Napi::Value& value) {
  const Napi::Object object = decoder.object(value, "identity");
  return {decoder.uint32(object.Get("uid"), "uid"), decoder.uint32(object.Get("gid"), "gid"),
          decoder.uint32s(object.Get("groups"), "groups")};
}

Napi::Value open_as_caller(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const CallerIdentity identity = to_identity(decoder, info[0]);
  const std::string path = decoder.text(info[1], "path");
  const std::string access = decoder.text(info[2], "access");
  if (!decoder.ok()) return decoder.throw_problem();
  const auto act = [=](Steps&) { return bulkhead::open_as_caller(identity, path, access == "write"); };
  const auto encode = [](Napi::Env env, Result<OpenedPath>& opened, const Steps&) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("fd", opened.value().fd.release());
    object.Set("kind", opened.value().is_directory ? "directory" : "file");
    return object;
  };
  // So many may hang on callers' file systems; how many of one caller's is the helper's to say.
  constexpr int kMaxOpens = 256;
  static std::atomic<int> running{0};
  return run_on_thread(info.Env(), running, kMaxOpens, make_work(act, encode));
}

Napi::Value close_descriptor(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const int fd = decoder.integer(info[0], "fd");
  if (!decoder.ok()) return decoder.throw_problem();
  UniqueFd(fd).reset();
  return info.Env().Undefined();
}

Napi::Value socket_pair(const Napi::CallbackInfo& info) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return throw_failure(info.Env(), make_error("socketpair", errno, "stream"));
  }
  Napi::Array pair = Napi::Array::New(info.Env(), 2);
  pair.Set(0u, ends[0]);
  pair.Set(1u, ends[1]);
  return pair;
}

ProcessName to_process(Decoder& decoder, const Napi::CallbackInfo& info) {
  return {decoder.integer(info[0], "pid"), decoder.uint53(info[1], "startTimeTicks")};
}

Napi::Value signal_process(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const ProcessName name = to_process(decoder, info);
  const int signal = decoder.integer(info[2], "signal");
  if (!decoder.ok()) return decoder.throw_problem();
  const auto sent = bulkhead::signal_process(name, signal);
  return sent.ok() ? info.Env().Undefined() : throw_failure(info.Env(), sent.error());
}

Napi::Value process_exists(const Napi::CallbackInfo& info) {
  Decoder decoder(info.Env());
  const ProcessName name = to_process(decoder, info);
  if (!decoder.ok()) return decoder.throw_problem();
  return Napi::Boolean::New(info.Env(), bulkhead::process_exists(name));
}

}  // namespace

void export_peer(Napi::Env env, Napi::Object exports) {
  exports.Set("peerIdentity", Napi::Function::New(env, peer_identity));
  exports.Set("lockInstance", Napi::Function::New(env, lock_instance));
  exports.Set("openAsCaller", Napi::Function::New(env, open_as_caller));
  exports.Set("closeDescriptor", Napi::Function::New(env, close_descriptor));
  exports.Set("socketPair", Napi::Function::New(env, socket_pair));
  exports.Set("signalProcess", Napi::Function::New(env, signal_process));
  exports.Set("processExists", Napi::Function::New(env, process_exists));
}

}  // namespace bulkhead::addon
