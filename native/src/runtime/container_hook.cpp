// createContainer hooks: a program of the host's, run in the namespaces of a container that is being made.
//
//   runtime ── fork ──▶ intermediate: setns to all ── clone(CLONE_PARENT) ──▶ the hook, a child of the runtime
//
// Safe because the program is opened before anything is entered, and executed by that descriptor; because the container has
// no process yet but bulkhead-init, which waits for the hook's end, and the mounts that it sees are the host's with the
// container's root at its place, not yet the root; and because a pid namespace that is shared with others is not entered:
// their processes could attach to the hook.
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "runtime/hooks.h"

namespace bulkhead::runtime {
namespace {

struct Prepared {
  int program;
  int input;
  int pidfd;
  std::uint64_t namespaces;
  char* const* arguments;
  char* const* environment;
};

[[noreturn]] void execute(const Prepared& hook) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(hook.input, STDIN_FILENO);
  // Inherited where it is: the interpreter of a script finds it as /dev/fd/3.
  if (hook.program == 3)
    fcntl(3, F_SETFD, 0);
  else
    dup2(hook.program, 3);
  syscall(SYS_close_range, 4, ~0u, 0);
  syscall(SYS_execveat, 3, "", hook.arguments, hook.environment, AT_EMPTY_PATH);
  _exit(errno == ENOENT ? 127 : 126);
}

/** Tells `report` the hook's pid, or -errno. */
[[noreturn]] void enter(const Prepared& hook, int report) {
  prctl(PR_SET_DUMPABLE, 0);
  int word = 0;
  const bool is_inside =
      setns(hook.pidfd, static_cast<int>(hook.namespaces)) == 0 &&
      ((hook.namespaces & CLONE_NEWUSER) == 0 || (setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0)) &&
      chdir("/") == 0;
  if (is_inside)
    word = static_cast<int>(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (is_inside && word == 0) execute(hook);
  if (word <= 0) word = -errno;
  const ssize_t written = write(report, &word, sizeof word);
  _exit(written == sizeof word ? 0 : 1);
}

}  // namespace

Result<pid_t> spawn_in_container(const oci::Hook& hook, const std::string& state, pid_t pid, std::uint64_t namespaces) {
  const UniqueFd program(open(hook.path.c_str(), O_PATH | O_CLOEXEC));
  if (!program) return hook_error(hook, strerror(errno));
  const UniqueFd input = state_file(state);
  const UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  int ends[2];
  if (!input || !pidfd || pipe2(ends, O_CLOEXEC) != 0) return hook_error(hook, strerror(errno));
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const std::vector<std::string> arguments = hook_arguments(hook);
  const std::vector<char*> argv = pointers(arguments), envp = pointers(hook.env);
  const Prepared prepared{program.get(), input.get(), pidfd.get(), namespaces, argv.data(), envp.data()};
  const pid_t intermediate = fork();
  if (intermediate < 0) return hook_error(hook, strerror(errno));
  if (intermediate == 0) enter(prepared, writing.get());
  writing.reset();
  int word = -ECHILD;
  if (read(reading.get(), &word, sizeof word) != sizeof word) word = -ECHILD;
  while (waitpid(intermediate, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (word <= 0) return hook_error(hook, strerror(-word));
  return word;
}

}  // namespace bulkhead::runtime
