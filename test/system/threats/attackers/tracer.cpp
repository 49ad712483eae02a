// CVE-2016-9962: attaches to each process that enters the container before it executes anything, and looks at what it holds.
// Pids of the namespace are given out in order, so it waits for the next one. Ends when the file /stop is there; then says:
// "attached N early N unfiltered N" (of the early ones: without a seccomp filter), and a line "holds <link>" for each kind of descriptor of a process that had not executed yet.
#include <dirent.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

namespace {

int attached = 0;
int early = 0;
int unfiltered = 0;
std::set<std::string> held;

std::string link_of(const std::string& path) {
  char text[512];
  const ssize_t size = readlink(path.c_str(), text, sizeof text);
  return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
}

// "socket:[123]" and "socket:[124]" are of one kind.
std::string kind_of(const std::string& link) { return link.substr(0, link.find('[')); }

bool is_engines(const std::string& proc) { return link_of(proc + "/exe").find("bulkhead") != std::string::npos; }

// "Seccomp:\t0" of proc_pid_status(5).
bool is_filtered(const std::string& proc) {
  char line[256];
  bool found = false;
  FILE* status = fopen((proc + "/status").c_str(), "r");
  while (status != nullptr && !found && fgets(line, sizeof line, status) != nullptr)
    found = std::string(line).rfind("Seccomp:", 0) == 0;
  if (status != nullptr) fclose(status);
  return !found || line[9] != '0';
}

void look_at(const std::string& proc) {
  DIR* descriptors = opendir((proc + "/fd").c_str());
  if (descriptors == nullptr) return;
  while (const dirent* entry = readdir(descriptors)) {
    const std::string path = proc + "/fd/" + entry->d_name;
    const std::string link = link_of(path);
    if (link.empty() || atoi(entry->d_name) < 3) continue;
    if (is_engines(proc)) held.insert(kind_of(link));
  }
  closedir(descriptors);
}

bool attach(int pid) {
  // Not PTRACE_ATTACH: its SIGSTOP could come after the detaching.
  if (ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0) return false;
  const std::string proc = "/proc/" + std::to_string(pid);
  attached++;
  if (is_engines(proc)) early++, unfiltered += is_filtered(proc) ? 0 : 1;
  look_at(proc);
  int status;
  if (ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) == 0) waitpid(pid, &status, __WALL);
  ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
  return true;
}

}  // namespace

int main() {
  int next = getpid() + 1;
  fclose(fopen("/ready", "w"));
  for (long tries = 0; tries % 4096 != 0 || access("/stop", F_OK) != 0; tries++) {
    for (int pid = next; pid < next + 3; pid++) {
      look_at("/proc/" + std::to_string(pid));
      if (attach(pid)) next = pid + 1;
    }
    if (tries % 4096 == 4095) {
      // What could not be attached to has gone by: on to the newest.
      DIR* processes = opendir("/proc");
      while (const dirent* entry = readdir(processes))
        if (const int pid = atoi(entry->d_name); pid > next) next = pid;
      closedir(processes);
    }
  }
  FILE* report = fopen("/report.new", "w");
  fprintf(report, "attached %d early %d unfiltered %d\n", attached, early, unfiltered);
  for (const std::string& link : held) fprintf(report, "holds %s\n", link.c_str());
  fclose(report);
  rename("/report.new", "/report");
}
