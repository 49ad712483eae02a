// What all that starts processes shares: requests out of JavaScript, the thread that it is done on, what comes of it.
#pragma once

#include "addon/decode.h"
#include "addon/host.h"
#include "addon/task.h"
#include "core/container/start.h"

namespace bulkhead::addon {

ContainerStart to_container(Decoder& decoder, const Napi::Value& value);
ExecStart to_exec(Decoder& decoder, const Napi::Value& value);

/** `outcome` is a value. */
Napi::Value encode_launched(Napi::Env env, const Result<LaunchOutcome>& outcome, const Steps& steps);

/** Compiled filters, for the life of the process. */
seccomp::MemoryCache& filters();

enum class StartKind { kContainer, kExec };
/** How many go on, of everybody together; each one's share is the helper's to say. */
std::atomic<int>& running_starts(StartKind kind);
inline constexpr int kMaxStarts = 256;

/**
 * `start(context, what)`, never on the thread pool: a container can hold an exec up for seconds, and four of them would
 * stop every file operation of the helper. Of each kind, kMaxStarts at a time.
 */
template <class Started, class What, class Encode>
Napi::Value run_start(Napi::Env env, StartKind kind, Result<Started> (*start)(StartContext, const What&), What what,
                      Encode encode) {
  const auto& host = cgroup_host();
  if (!host.ok()) return throw_failure(env, host.error());
  const auto shared = std::make_shared<const What>(std::move(what));
  const auto act = [=](Steps& steps) { return start({cgroup_host().value(), filters(), steps}, *shared); };
  return run_on_thread(env, running_starts(kind), kMaxStarts, make_work(act, encode));
}

}  // namespace bulkhead::addon
