// Runs commands interleaved, round after round, and prints what each run cost: wall time, and the processor time of the
// command with all its descendants (this process is their subreaper, so that orphans are counted too).
//
//   measure ROUNDS COMMAND-LINE… : each COMMAND-LINE is one argument, split at blanks; `{n}` becomes the number of the run.
//   One line per run on stdout: <index of the command> <wall µs> <cpu µs> <exit code>. The commands' own output goes to /dev/null.
#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Run {
  long wallUs;
  long cpuUs;
  int exitCode;
};

std::vector<std::string> words(const std::string& line, int round) {
  std::istringstream in(line);
  std::vector<std::string> out;
  for (std::string word; in >> word;) {
    for (size_t at; (at = word.find("{n}")) != std::string::npos;) word.replace(at, 3, std::to_string(round));
    out.push_back(word);
  }
  return out;
}

long microseconds(const rusage& usage) {
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000L + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

Run run(const std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int fd : {0, 1, 2}) posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  pid_t child = -1;
  const auto start = Clock::now();
  const int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return {0, 0, 127};
  Run result{0, 0, -1};
  for (;;) {
    int status = 0;
    rusage usage{};
    const pid_t pid = wait4(-1, &status, 0, &usage);
    if (pid < 0 && errno == ECHILD) break;
    if (pid < 0) continue;
    result.cpuUs += microseconds(usage);
    if (pid != child) continue;
    result.wallUs = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
    result.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: measure ROUNDS COMMAND-LINE...\n"), 2;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const int rounds = std::atoi(argv[1]);
  for (int round = 0; round < rounds; ++round) {
    for (int i = 2; i < argc; ++i) {
      const Run cost = run(words(argv[i], round * (argc - 2) + i));
      std::printf("%d %ld %ld %d\n", i - 2, cost.wallUs, cost.cpuUs, cost.exitCode);
    }
  }
}
