// The two ways to run work.
#include "addon/task.h"

#include <pthread.h>
#include <signal.h>

#include <cerrno>

namespace bulkhead::addon {
namespace {

class PoolTask final : public Napi::AsyncWorker {
 public:
  PoolTask(Napi::Env env, Work work)
      : Napi::AsyncWorker(env), work_(std::move(work)), deferred_(Napi::Promise::Deferred::New(env)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override { settle_ = work_(); }
  void OnOK() override { settle_(Env(), deferred_); }

 private:
  Work work_;
  Settle settle_;
  Napi::Promise::Deferred deferred_;
};

class ThreadTask {
 public:
  ThreadTask(Napi::Env env, Work work) : work_(std::move(work)), deferred_(Napi::Promise::Deferred::New(env)) {
    on_main_ = Napi::ThreadSafeFunction::New(env, Napi::Function(), "bulkhead", 0, 1);
  }

  Napi::Promise promise() const { return deferred_.Promise(); }

  /** From now on the thread owns the task. */
  static int start(ThreadTask* task) {
    // Signals are for Node's own threads.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    const int number = pthread_create(&thread, nullptr, &ThreadTask::run, task);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (number == 0) pthread_detach(thread);
    return number;
  }

  void reject(Napi::Env env, int number) {
    on_main_.Release();
    deferred_.Reject(to_failure(env, make_error("thread", number, "pthread_create")));
  }

 private:
  static void* run(void* self) {
    auto* task = static_cast<ThreadTask*>(self);
    task->settle_ = task->work_();
    Napi::ThreadSafeFunction on_main = task->on_main_;
    const auto settle = [](Napi::Env env, Napi::Function, ThreadTask* done) {
      if (env != nullptr) done->settle_(env, done->deferred_);
      delete done;
    };
    // Not napi_ok: the environment is being torn down, and nobody waits any more.
    if (on_main.BlockingCall(task, settle) == napi_ok) on_main.Release();
    return nullptr;
  }

  Work work_;
  Settle settle_;
  Napi::Promise::Deferred deferred_;
  Napi::ThreadSafeFunction on_main_;
};

}  // namespace

Napi::Promise run_on_pool(Napi::Env env, Work work) {
  auto* task = new PoolTask(env, std::move(work));
  task->Queue();  // which deletes it, once it is done
  return task->promise();
}

Napi::Promise run_on_thread(Napi::Env env, Work work) {
  auto task = std::make_unique<ThreadTask>(env, std::move(work));
  const Napi::Promise promise = task->promise();
  const int number = ThreadTask::start(task.get());
  if (number == 0) {
    static_cast<void>(task.release());
  } else {
    task->reject(env, number);
  }
  return promise;
}

Napi::Promise run_on_thread(Napi::Env env, std::atomic<int>& running, int most, Work work) {
  if (running.fetch_add(1) >= most) {
    running.fetch_sub(1);
    const auto deferred = Napi::Promise::Deferred::New(env);
    deferred.Reject(to_failure(env, make_error("thread", EAGAIN, "too many at a time")));
    return deferred.Promise();
  }
  return run_on_thread(env, [&running, work = std::move(work)] {
    Settle settle = work();
    running.fetch_sub(1);
    return settle;
  });
}

}  // namespace bulkhead::addon
