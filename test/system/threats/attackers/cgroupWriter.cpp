// CVE-2022-0492, CVE-2023-25809: opens for writing whatever control groups it finds (and writes nothing: if it gets there, they
// are the host's), then mounts hierarchies of its own in a new user namespace and does the same there. Says what it got: a line
// "opened <path>", "made <path>", "mounted <controller>" each;
// "looked at N" in the end. usage: cgroupWriter NAME (of the groups that it makes)
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

namespace {

const char* name;
int looked_at = 0;

bool is_dangerous(const std::string& file) {
  for (const char* one :
       {"release_agent", "notify_on_release", "cgroup.procs", "tasks", "devices.allow", "memory.limit_in_bytes"})
    if (file == one) return true;
  return false;
}

void open_file(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY);
  if (file < 0) return;
  printf("opened %s\n", path.c_str());
  close(file);
}

void attack(const std::string& folder, int depth) {
  DIR* listing = opendir(folder.c_str());
  if (listing == nullptr || depth > 6) return;
  looked_at++;
  if (mkdir((folder + "/" + name).c_str(), 0755) == 0) printf("made %s/%s\n", folder.c_str(), name);
  while (const dirent* entry = readdir(listing)) {
    const std::string path = folder + "/" + entry->d_name;
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.' && strcmp(entry->d_name, name) != 0) attack(path, depth + 1);
    if (is_dangerous(entry->d_name)) open_file(path);
  }
  closedir(listing);
}

void mount_and_attack(const char* controller) {
  const std::string place = std::string("/tmp/") + controller;
  mkdir(place.c_str(), 0755);
  const bool is_v2 = strcmp(controller, "cgroup2") == 0;
  if (mount("cgroup", place.c_str(), is_v2 ? "cgroup2" : "cgroup", 0, is_v2 ? nullptr : controller) != 0) return;
  printf("mounted %s\n", controller);
  attack(place, 0);
}

void attack_in_user_namespace() {
  const pid_t child = fork();
  if (child != 0) {
    waitpid(child, nullptr, 0);
    return;
  }
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP) == 0) {
    puts("unshared");
    for (const char* controller : {"rdma", "memory", "pids", "misc", "net_cls", "freezer", "cgroup2"})
      mount_and_attack(controller);
  }
  fflush(stdout);
  _exit(0);
}

}  // namespace

int main(int, char** arguments) {
  name = arguments[1];
  attack("/sys/fs/cgroup", 0);
  for (const char* controller : {"rdma", "memory", "cgroup2"}) mount_and_attack(controller);
  fflush(stdout);
  attack_in_user_namespace();
  printf("looked at %d\n", looked_at);
}
