#include "runtime/process_table.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>

#include "core/descriptor/unique_fd.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (;;) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

/** By its full name, whatever PATH says; with an environment that holds nothing. */
Result<pid_t> spawn_ps(const std::vector<std::string>& options, int output) {
  std::string program = access("/usr/bin/ps", X_OK) == 0 ? "/usr/bin/ps" : "/bin/ps";
  std::vector<char*> arguments = {program.data()};
  for (const std::string& option : options) arguments.push_back(const_cast<char*>(option.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t pid = 0;
  std::array<char*, 1> environment = {nullptr};
  const int number = posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (number != 0) return make_error("state", number, program);
  return pid;
}

Result<std::string> output_of_ps(const std::vector<std::string>& options) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return make_error("state", errno, "ps");
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t pid = BULKHEAD_TRY(spawn_ps(options, writing.get()));
  writing.reset();
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t size; (size = read(reading.get(), buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(size));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return plain_error("ps failed");
  return text;
}

}  // namespace

Result<std::string> lines_of(const std::string& table, const std::vector<pid_t>& pids) {
  std::string result;
  std::optional<std::size_t> column;
  std::string_view rest = table;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size()));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto words = words_of(line);
    const bool is_heading = !column;
    if (is_heading) {
      const auto found = std::find(words.begin(), words.end(), "PID");
      if (found == words.end()) return plain_error("couldn't find PID field in ps output");
      column = static_cast<std::size_t>(found - words.begin());
    }
    pid_t pid = 0;
    if (!is_heading && *column < words.size())
      std::from_chars(words[*column].data(), words[*column].data() + words[*column].size(), pid);
    if (is_heading || std::binary_search(pids.begin(), pids.end(), pid)) result.append(line) += '\n';
  }
  return result;
}

Result<void> print_process_table(const std::vector<std::string>& options, const std::vector<pid_t>& pids) {
  const std::string table = BULKHEAD_TRY(output_of_ps(options));
  const std::string lines = BULKHEAD_TRY(lines_of(table, pids));
  std::fputs(lines.c_str(), stdout);
  return {};
}

}  // namespace bulkhead::runtime
