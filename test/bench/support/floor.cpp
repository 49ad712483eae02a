// The floor: what `run` and `exec` of a container cost when nothing but the necessary system calls is made, all decisions being
// taken beforehand. No runtime: it reads no config, keeps no state, checks nothing, and trusts the root that it mounts in.
//
//   floor run ROOT GROUP FILTER PROGRAM     makes the control groups GROUP, the namespaces, mounts and rights of a default
//                                           container, executes PROGRAM in it, waits, removes the groups
//   floor exec PID GROUP FILTER PROGRAM     executes PROGRAM in the container of PID
//
// FILTER: a file of seccomp instructions (struct sock_filter).
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

#define MUST(call)                             \
  do {                                         \
    if ((call) < 0) perror(#call), _exit(125); \
  } while (false)

const char* const kHierarchies[] = {"cpu", "cpuacct", "memory", "devices", "blkio", "pids", "systemd"};
constexpr const char* kUnified = "/sys/fs/cgroup/unified";
struct Limit {
  const char* file;
  const char* value;
};
// Those of the bundle that the runtimes get (bundle.ts), and Docker's device rules.
const Limit kLimits[] = {
    {"memory/%s/memory.limit_in_bytes", "268435456"},
    {"cpu/%s/cpu.shares", "1024"},
    {"cpu/%s/cpu.cfs_period_us", "100000"},
    {"cpu/%s/cpu.cfs_quota_us", "150000"},
    {"pids/%s/pids.max", "256"},
    {"devices/%s/devices.deny", "a"},
    {"devices/%s/devices.allow", "c *:* m"},
    {"devices/%s/devices.allow", "b *:* m"},
    {"devices/%s/devices.allow", "c 1:3 rwm"},
    {"devices/%s/devices.allow", "c 1:5 rwm"},
    {"devices/%s/devices.allow", "c 1:7 rwm"},
    {"devices/%s/devices.allow", "c 1:8 rwm"},
    {"devices/%s/devices.allow", "c 1:9 rwm"},
    {"devices/%s/devices.allow", "c 5:0 rwm"},
    {"devices/%s/devices.allow", "c 5:2 rwm"},
    {"devices/%s/devices.allow", "c 136:* rwm"},
};
const char* const kMaskedFiles[] = {"/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/timer_list"};
const char* const kMaskedFolders[] = {"/proc/acpi", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"};
const char* const kReadOnly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
// Docker's fourteen.
constexpr uint64_t kCapabilities = 0xa80425fb;

char path[4096];
const char* in_group(const char* hierarchy, const char* group, const char* file = "") {
  snprintf(path, sizeof path, "/sys/fs/cgroup/%s/%s%s", hierarchy, group, file);
  return path;
}
bool has_unified() { return access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0; }

void write_limit(const Limit& limit, const char* group) {
  char name[256];
  snprintf(name, sizeof name, limit.file, group);
  snprintf(path, sizeof path, "/sys/fs/cgroup/%s", name);
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  MUST(fd);
  MUST(write(fd, limit.value, strlen(limit.value)));
  close(fd);
}

struct Joins {
  int tasks[8];
  int count = 0;
  int unified = -1;
};
Joins open_joins(const char* group) {
  Joins joins;
  for (const char* hierarchy : kHierarchies) {
    const int fd = open(in_group(hierarchy, group, "/tasks"), O_WRONLY | O_CLOEXEC);
    if (fd >= 0) joins.tasks[joins.count++] = fd;
  }
  if (has_unified()) joins.unified = open(in_group("unified", group), O_PATH | O_DIRECTORY | O_CLOEXEC);
  return joins;
}
void join(const Joins& joins) {
  for (int i = 0; i < joins.count; i++) MUST(write(joins.tasks[i], "0", 1));
}

pid_t clone_into(uint64_t flags, const Joins& joins) {
  clone_args arguments{};
  arguments.flags = flags;
  arguments.exit_signal = SIGCHLD;
  if (joins.unified >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(joins.unified);
  }
  return static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
}

void mount_at(const char* type, const char* target, unsigned long flags, const char* data = "") {
  MUST(mount(type, target, type, flags, data));
}
void bind_read_only(const char* target) {
  if (mount(target, target, nullptr, MS_BIND, nullptr) == 0)
    MUST(mount(nullptr, target, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr));
}

void make_dev() {
  mount_at("tmpfs", "dev", MS_NOSUID, "mode=755,size=65536k");
  const struct {
    const char* name;
    unsigned number;
  } nodes[] = {{"dev/null", 3}, {"dev/zero", 5}, {"dev/full", 7}, {"dev/random", 8}, {"dev/urandom", 9}};
  for (const auto& node : nodes) MUST(mknod(node.name, S_IFCHR | 0666, makedev(1, node.number)));
  MUST(mknod("dev/tty", S_IFCHR | 0666, makedev(5, 0)));
  for (const char* folder : {"dev/pts", "dev/shm", "dev/mqueue"}) MUST(mkdir(folder, 0755));
  mount_at("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5");
  mount_at("tmpfs", "dev/shm", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=65536k");
  mount_at("mqueue", "dev/mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC);
  const char* const links[][2] = {{"pts/ptmx", "dev/ptmx"},
                                  {"/proc/self/fd", "dev/fd"},
                                  {"/proc/self/fd/0", "dev/stdin"},
                                  {"/proc/self/fd/1", "dev/stdout"},
                                  {"/proc/self/fd/2", "dev/stderr"}};
  for (const auto& link : links) MUST(symlink(link[0], link[1]));
}

void make_root(const char* root) {
  MUST(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr));
  MUST(mount(root, root, nullptr, MS_BIND | MS_REC, nullptr));
  MUST(chdir(root));
  mount_at("proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC);
  make_dev();
  mount_at("sysfs", "sys", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY);
  if (has_unified())
    mount("cgroup2", "sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, nullptr);
  MUST(syscall(SYS_pivot_root, ".", "."));
  MUST(umount2(".", MNT_DETACH));
  MUST(chdir("/"));
  for (const char* file : kMaskedFiles) mount("/dev/null", file, nullptr, MS_BIND, nullptr);
  for (const char* folder : kMaskedFolders) mount("tmpfs", folder, "tmpfs", MS_RDONLY, "size=0k");
  for (const char* name : kReadOnly) bind_read_only(name);
}

void bring_loopback_up() {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  MUST(ioctl(fd, SIOCSIFFLAGS, &request));
  close(fd);
}

sock_filter instructions[4096];
sock_fprog filter{0, instructions};
void read_filter(const char* file) {
  const int fd = open(file, O_RDONLY | O_CLOEXEC);
  const ssize_t size = read(fd, instructions, sizeof instructions);
  MUST(size);
  close(fd);
  filter.len = static_cast<unsigned short>(static_cast<size_t>(size) / sizeof(sock_filter));
}

void take_rights() {
  for (int capability = 0; capability <= 40; capability++) {
    if ((kCapabilities >> capability & 1) == 0) MUST(prctl(PR_CAPBSET_DROP, capability, 0, 0, 0));
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  data[0].effective = data[0].permitted = static_cast<uint32_t>(kCapabilities);
  MUST(syscall(SYS_capset, &header, data));
  MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  MUST(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter));
}

[[noreturn]] void execute(char* program) {
  char* const arguments[] = {program, nullptr};
  char* const environment[] = {nullptr};
  execve(program, arguments, environment);
  _exit(126);
}

int wait_for(pid_t pid) {
  int status = 0;
  MUST(waitpid(pid, &status, 0));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run(const char* root, const char* group, char* program) {
  for (const char* hierarchy : kHierarchies) MUST(mkdir(in_group(hierarchy, group), 0755));
  if (has_unified()) MUST(mkdir(in_group("unified", group), 0755));
  for (const Limit& limit : kLimits) write_limit(limit, group);
  const Joins joins = open_joins(group);
  const pid_t pid = clone_into(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID, joins);
  MUST(pid);
  if (pid == 0) {
    join(joins);
    MUST(unshare(CLONE_NEWCGROUP));
    make_root(root);
    MUST(sethostname("floor", 5));
    bring_loopback_up();
    take_rights();
    execute(program);
  }
  const int code = wait_for(pid);
  for (const char* hierarchy : kHierarchies) rmdir(in_group(hierarchy, group));
  if (has_unified()) rmdir(in_group("unified", group));
  return code;
}

int exec(pid_t target, const char* group, char* program) {
  const Joins joins = open_joins(group);
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, target, 0));
  MUST(pidfd);
  join(joins);
  MUST(setns(pidfd, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWCGROUP));
  const pid_t pid = clone_into(0, joins);
  MUST(pid);
  if (pid == 0) {
    take_rights();
    execute(program);
  }
  return wait_for(pid);
}

}  // namespace

int main(int count, char** words) {
  if (count != 6)
    return fprintf(stderr, "usage: floor run ROOT GROUP FILTER PROGRAM | floor exec PID GROUP FILTER PROGRAM\n"), 2;
  read_filter(words[4]);
  if (strcmp(words[1], "run") == 0) return run(words[2], words[3], words[5]);
  return exec(atoi(words[2]), words[3], words[5]);
}
