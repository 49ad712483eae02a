#include "runtime/foreground.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

#include "core/descriptor/process.h"

namespace bulkhead::runtime {
namespace {

sigset_t waited_signals() {
  sigset_t set;
  sigfillset(&set);
  // Signals that the processor raises must stay deadly.
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&set, number);
  return set;
}

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

/** The user's terminal in raw mode for as long as the container's is shown on it. */
class RawTerminal {
 public:
  RawTerminal() {
    if (tcgetattr(STDIN_FILENO, &saved_) != 0) return;
    is_raw_ = true;
    termios raw = saved_;
    cfmakeraw(&raw);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  ~RawTerminal() {
    if (is_raw_) tcsetattr(STDIN_FILENO, TCSANOW, &saved_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  termios saved_{};
  bool is_raw_ = false;
};

void copy_size(int master) {
  winsize size{};
  if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0) ioctl(master, TIOCSWINSZ, &size);
}

/** Moves what is there. False: this direction has ended. */
bool carry(int from, int to) {
  char buffer[16384];
  const ssize_t size = read(from, buffer, sizeof buffer);
  if (size <= 0) return size < 0 && (errno == EINTR || errno == EAGAIN);
  for (ssize_t done = 0; done < size;) {
    const ssize_t written = write(to, buffer + done, static_cast<std::size_t>(size - done));
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) done += written;
  }
  return true;
}

/** A child of this program: not reaped yet when its pidfd is opened, so the pidfd is its. */
struct Process {
  pid_t pid;
  UniqueFd pidfd;
};

/** Waits for one signal; the exit code, once `process` has ended. */
std::optional<int> handle_signal(int number, const Process& process, int master) {
  if (number == SIGWINCH && master >= 0) {
    copy_size(master);
  } else if (number != SIGCHLD) {
    // By pidfd: once it is reaped (its terminal may still be shown), its pid may be somebody else's.
    syscall(SYS_pidfd_send_signal, process.pidfd.get(), number, nullptr, 0);
    return std::nullopt;
  }
  // Reaps whoever has ended: orphans of the launch come here too.
  for (;;) {
    int status = 0;
    const pid_t ended = waitpid(-1, &status, WNOHANG);
    if (ended <= 0) return std::nullopt;
    if (ended == process.pid) return exit_code(status);
  }
}

int wait_without_terminal(const Process& process) {
  const sigset_t set = waited_signals();
  for (;;) {
    const int number = sigwaitinfo(&set, nullptr);
    if (number < 0) continue;
    if (const auto code = handle_signal(number, process, -1)) return *code;
  }
}

int wait_with_terminal(const Process& process, int master) {
  const RawTerminal raw;
  copy_size(master);
  const sigset_t set = waited_signals();
  const UniqueFd signals(signalfd(-1, &set, SFD_CLOEXEC));
  pollfd watched[] = {{signals.get(), POLLIN, 0}, {master, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  std::optional<int> code;
  // After the end: what is still in the terminal is shown.
  while (!code || watched[1].fd >= 0) {
    if (poll(watched, 3, code ? 100 : -1) == 0) break;
    if ((watched[1].revents != 0) && !carry(master, STDOUT_FILENO)) watched[1].fd = -1;
    if ((watched[2].revents != 0) && !carry(STDIN_FILENO, master)) watched[2].fd = -1;
    if (watched[0].revents == 0) continue;
    signalfd_siginfo information{};
    if (read(signals.get(), &information, sizeof information) != sizeof information) continue;
    if (const auto ended = handle_signal(static_cast<int>(information.ssi_signo), process, master)) code = ended;
  }
  return *code;
}

}  // namespace

Foreground::Foreground() {
  const sigset_t set = waited_signals();
  sigprocmask(SIG_BLOCK, &set, nullptr);
}

Foreground::~Foreground() {
  const sigset_t set = waited_signals();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

Result<int> Foreground::console() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return make_error("terminal", errno, "socketpair");
  console_ours_.reset(ends[0]);
  console_theirs_.reset(ends[1]);
  return ends[1];
}

void Foreground::forget_console() {
  console_ours_.reset();
  console_theirs_.reset();
}

UniqueFd Foreground::receive_terminal() {
  console_theirs_.reset();
  char name[256];
  iovec segment{name, sizeof name};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message{};
  message.msg_iov = &segment;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (recvmsg(console_ours_.get(), &message, MSG_CMSG_CLOEXEC) < 0) return UniqueFd();
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return UniqueFd();
  int master = -1;
  std::memcpy(&master, CMSG_DATA(header), sizeof master);
  return UniqueFd(master);
}

int Foreground::wait(pid_t pid) {
  const UniqueFd master = console_ours_ ? receive_terminal() : UniqueFd();
  // The process may have ended before its signal was waited for: SIGCHLD stays pending, for it is blocked since before.
  const Process process{pid, open_pidfd(pid)};
  return master ? wait_with_terminal(process, master.get()) : wait_without_terminal(process);
}

}  // namespace bulkhead::runtime
