// Runs commands interleaved, round after round, and prints what each run cost: wall time, the processor time of the command
// with all its descendants (this process is their subreaper, so that orphans are counted too), and its peak memory.
//
//   measure ROUNDS COMMAND-LINE…             each COMMAND-LINE is one argument, split at blanks; `{n}` becomes the number of the
//                                            run; a lone `;` parts commands that are run one after another as one run
//   measure ROUNDS --together N COMMAND-LINE…  ROUNDS runs of each in all, N at a time; one line for all of them
//   One line per run on stdout: <index of the command> <wall µs> <cpu µs> <exit code> <peak KB>. The commands' own output goes
//   to /dev/null.
#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
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
  long peakKb;
};

std::vector<std::string> words_of(const std::string& line, int round) {
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

/** Waits for the command's orphans too, unless they are to go on. */
Run run(const std::vector<std::string>& command, bool waits_for_orphans) {
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
  if (error != 0) return {0, 0, 127, 0};
  Run result{0, 0, -1, 0};
  for (;;) {
    int status = 0;
    rusage usage{};
    const pid_t pid = wait4(-1, &status, 0, &usage);
    if (pid < 0 && errno == ECHILD) break;
    if (pid < 0) continue;
    result.cpuUs += microseconds(usage);
    if (pid != child) continue;
    result.peakKb = usage.ru_maxrss;
    result.wallUs = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
    result.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (!waits_for_orphans) break;
  }
  return result;
}

/** The commands between the semicolons, one after another; the first that fails is the last. */
Run run_all(const std::vector<std::string>& words) {
  Run total{0, 0, 0, 0};
  std::vector<std::string> command;
  for (size_t i = 0; i <= words.size() && total.exitCode == 0; ++i) {
    if (i < words.size() && words[i] != ";") {
      command.push_back(words[i]);
      continue;
    }
    // What `create` has made lives until `delete`.
    const Run one = run(command, i == words.size());
    total = {total.wallUs + one.wallUs, total.cpuUs + one.cpuUs, one.exitCode, std::max(total.peakKb, one.peakKb)};
    command.clear();
  }
  return total;
}

void print(int index, const Run& cost) {
  std::printf("%d %ld %ld %d %ld\n", index, cost.wallUs, cost.cpuUs, cost.exitCode, cost.peakKb);
}

/** Every `workers`-th run, in a process of its own. */
pid_t start_worker(const std::string& line, int rounds, int worker, int workers) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  int code = 0;
  for (int round = worker; round < rounds && code == 0; round += workers)
    code = run_all(words_of(line, round)).exitCode;
  _exit(code);
}

void run_together(int index, const std::string& line, int rounds, int workers) {
  const auto start = Clock::now();
  for (int worker = 0; worker < workers; ++worker) start_worker(line, rounds, worker, workers);
  Run total{0, 0, 0, 0};
  int status = 0;
  rusage usage{};
  while (wait4(-1, &status, 0, &usage) > 0) {
    total.cpuUs += microseconds(usage);
    total.exitCode = std::max(total.exitCode, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    total.peakKb = std::max(total.peakKb, usage.ru_maxrss);
  }
  total.wallUs = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
  print(index, total);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: measure ROUNDS [--together N] COMMAND-LINE...\n"), 2;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const int rounds = std::atoi(argv[1]);
  if (std::string(argv[2]) == "--together") {
    for (int i = 4; i < argc; ++i) run_together(i - 4, argv[i], rounds, std::atoi(argv[3]));
    return 0;
  }
  for (int round = 0; round < rounds; ++round) {
    for (int i = 2; i < argc; ++i) print(i - 2, run_all(words_of(argv[i], round * (argc - 2) + i)));
  }
}
