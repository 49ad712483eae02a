// The descriptor of a seccomp filter that notifies, on its way to whoever answers.
//
//   container's half ── "n" + descriptor ──▶ monitor ── state + descriptor ──▶ the listener's socket
//
// By way of the monitor, for only it knows the pid that the host gives the process.
#include "seccomp_listener.h"

#include "handshake.h"
#include "namespaces.h"
#include "socket.h"

namespace bulkhead::init {

namespace {

// The process that executes is cloned by the one that has loaded the filter. Should that clone itself wait for an answer, the
// answer can't wait for it: then it is known by the pid of the one that has loaded it.
int pid_for_listener(const Context& context) {
  const bool has_final = context.plan->kind == plan::Kind::kExec || joins_namespace(context, CLONE_NEWPID);
  if (!has_final) return context.child;
  constexpr int kPatienceMs = 200;
  for (int waited = 0; waited < kPatienceMs; waited++) {
    if (const int pid = final_child(context); pid > 0) return pid;
    sys::sleep_ms(1);
  }
  return context.child;
}

size_t fill(const char* text, size_t size, int pid, char* target) {
  Buffer<16> number;
  number.number(pid);
  char* end = target;
  for (const char* p = text; p != text + size; p++) {
    if (*p != plan::kPidPlace) {
      *end++ = *p;
      continue;
    }
    for (size_t i = 0; i < number.size(); i++) *end++ = number.text()[i];
  }
  return static_cast<size_t>(end - target);
}

}  // namespace

void pass_listener_on(Context& context, int listener) {
  const auto& seccomp = context.plan->process.seccomp;
  const plan::Text message = seccomp.listenerMessage;
  enter(context, plan::Step::kSeccomp, "listener");
  constexpr size_t kGrowth = 16;  // of a place that becomes a pid
  size_t capacity = message.length + 1;
  for (const char* p = context.text(message); *p != '\0'; p++) capacity += *p == plan::kPidPlace ? kGrowth : 0;
  const long memory = sys::mmap(capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  if (memory < 0 && memory > -4096) fail(context, memory);
  auto* bytes = reinterpret_cast<char*>(memory);
  const size_t size = fill(context.text(message), message.length, pid_for_listener(context), bytes);
  const int socket = slot_fd(seccomp.listenerSocket);
  const long sent = must(context, send_with_fd(socket, bytes, size, listener));
  if (sent != static_cast<long>(size)) fail(context, -EMSGSIZE);
  sys::munmap(bytes, capacity);
  sys::close(listener);
  sys::close(socket);
  leave(context);
}

}  // namespace bulkhead::init
