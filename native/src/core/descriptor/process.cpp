// pidfd first, then the check of the start time: if the check passes while the process of the pidfd is alive, it is
// that one; if it has died meanwhile, signalling it fails with ESRCH, which is true as well.
#include "core/descriptor/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>

namespace bulkhead {
namespace {

constexpr const char* kStep = "signal";
constexpr int kFieldsBetweenStateAndStart = 19;  // state is field 3, the start time field 22

std::string object(pid_t pid) { return "process " + std::to_string(pid); }

Result<std::string> read_stat(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> buffer;
  const ssize_t count = file ? read(file.get(), buffer.data(), buffer.size()) : -1;
  if (count < 0) return make_error(kStep, errno == ENOENT ? ESRCH : errno, object(pid));
  return std::string(buffer.data(), static_cast<std::size_t>(count));
}

}  // namespace

std::optional<std::uint64_t> start_time_in(std::string_view stat) {
  // The command's name, in parentheses, may hold anything: also ")".
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 >= stat.size()) return std::nullopt;
  std::string_view fields = stat.substr(name_end + 2);
  if (fields.front() == 'Z' || fields.front() == 'X') return std::nullopt;
  for (int i = 0; i < kFieldsBetweenStateAndStart; ++i) {
    const std::size_t space = fields.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    fields.remove_prefix(space + 1);
  }
  std::uint64_t ticks = 0;
  const auto [end, failure] = std::from_chars(fields.data(), fields.data() + fields.size(), ticks);
  return failure == std::errc() ? std::optional(ticks) : std::nullopt;
}

Result<std::uint64_t> start_time_ticks(pid_t pid) {
  const std::string stat = BULKHEAD_TRY(read_stat(pid));
  const auto ticks = start_time_in(stat);
  if (!ticks) return make_error(kStep, ESRCH, object(pid));
  return *ticks;
}

Result<UniqueFd> open_process(ProcessName name) {
  if (name.pid <= 0) return make_error(kStep, EINVAL, object(name.pid));
  UniqueFd pidfd = open_pidfd(name.pid);
  if (!pidfd) return make_error(kStep, errno, object(name.pid));
  const std::uint64_t ticks = BULKHEAD_TRY(start_time_ticks(name.pid));
  if (ticks != name.start_time_ticks) return make_error(kStep, ESRCH, object(name.pid));
  return pidfd;
}

Result<void> signal_process(ProcessName name, int signal) {
  const UniqueFd pidfd = BULKHEAD_TRY(open_process(name));
  if (syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0) return {};
  return make_error(kStep, errno, object(name.pid));
}

bool process_exists(ProcessName name) { return open_process(name).ok(); }

UniqueFd open_pidfd(pid_t pid) { return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))); }

bool is_alive(int pidfd) {
  pollfd poll_of_end{pidfd, POLLIN, 0};
  return poll(&poll_of_end, 1, 0) == 0;
}

}  // namespace bulkhead
