#include "runtime/hooks.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "core/descriptor/unique_fd.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {

Error hook_error(const oci::Hook& hook, const std::string& reason) {
  return plain_error("error running hook " + hook.path + ": " + reason);
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> hook_arguments(const oci::Hook& hook) {
  return hook.args.empty() ? std::vector<std::string>{hook.path} : hook.args;
}

UniqueFd state_file(const std::string& state) {
  UniqueFd file(memfd_create("state", MFD_CLOEXEC));
  if (file && write(file.get(), state.data(), state.size()) == static_cast<ssize_t>(state.size()))
    lseek(file.get(), 0, SEEK_SET);
  return file;
}

namespace {

Result<pid_t> spawn(const oci::Hook& hook, const std::string& state) {
  const UniqueFd input = state_file(state);
  if (!input) return hook_error(hook, strerror(errno));
  const std::vector<std::string> arguments = hook_arguments(hook);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.get(), STDIN_FILENO);
  posix_spawn_file_actions_addchdir_np(&actions, "/");
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = 0;
  const int number = posix_spawn(&pid, hook.path.c_str(), &actions, &attributes, pointers(arguments).data(),
                                 pointers(hook.env).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (number != 0) return hook_error(hook, strerror(number));
  return pid;
}

}  // namespace

Result<void> await_hook(const oci::Hook& hook, pid_t pid) {
  const UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  pollfd ended{pidfd.get(), POLLIN, 0};
  const int deadline_ms = hook.timeout ? static_cast<int>(std::min(*hook.timeout, 2'000'000u) * 1000) : -1;
  int ready = 0;
  do {
    ready = poll(&ended, 1, deadline_ms);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (ready == 0) return hook_error(hook, "hook ran past its timeout");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (WIFEXITED(status)) return hook_error(hook, "exit status " + std::to_string(WEXITSTATUS(status)));
  return hook_error(hook, "signal " + std::to_string(WTERMSIG(status)));
}

namespace {

Result<void> run_hook(const oci::Hook& hook, const std::string& state) {
  const pid_t pid = BULKHEAD_TRY(spawn(hook, state));
  return await_hook(hook, pid);
}

}  // namespace

bool has_create_hooks(const oci::Hooks& hooks) {
  return !hooks.prestart.empty() || !hooks.create_runtime.empty() || !hooks.create_container.empty();
}

Result<void> run_create_hooks(const oci::Hooks& hooks, const std::string& state, pid_t pid, std::uint64_t namespaces) {
  BULKHEAD_TRY(run_hooks(hooks.prestart, state));
  BULKHEAD_TRY(run_hooks(hooks.create_runtime, state));
  for (const oci::Hook& hook : hooks.create_container) {
    const pid_t child = BULKHEAD_TRY(spawn_in_container(hook, state, pid, namespaces));
    BULKHEAD_TRY(await_hook(hook, child));
  }
  return {};
}

Result<void> run_hooks(const std::vector<oci::Hook>& hooks, const std::string& state) {
  for (const oci::Hook& hook : hooks) BULKHEAD_TRY(run_hook(hook, state));
  return {};
}

void run_poststop_hooks(const Environment& environment, const std::vector<oci::Hook>& hooks, const std::string& state) {
  for (const oci::Hook& hook : hooks)
    if (const auto done = run_hook(hook, state); !done.ok()) report_warning(environment, message_of(done.error()));
}

}  // namespace bulkhead::runtime
