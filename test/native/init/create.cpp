// Real containers from plans written by hand: what the process finds, what it can't, and how failures come back.
#include <doctest.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "container.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

struct World {
  ScratchDirectory scratch;
  std::string root = scratch / "root";
  std::string mounts_before = host_mounts();
  World() { make_busybox_root(root); }
  ~World() { CHECK(host_mounts() == mounts_before); }
};

bool has_step(const Ran& ran, std::string_view name) {
  for (const StepRecord& step : ran.steps) {
    if (step.step == name) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("create: the process sees its own world and nothing of the host's") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  draft.header.hostname = draft.text("boxy");
  draft.header.flags |= plan::kPlanLoopbackUp;
  const Ran ran = run_script(std::move(draft),
                             "hostname; echo $$; ps | wc -l; ls -d /work /home /proc/self/fd/3 2>/dev/null; cut -d' ' "
                             "-f5 /proc/self/mountinfo; "
                             "ip link show lo | grep -c LOWER_UP; cat /proc/self/cgroup | grep -vc ':/$'; exit 7");
  CHECK(ran.status == 7);
  CHECK(ran.output == "boxy\n1\n4\n/\n/proc\n1\n0\n");
  CHECK(has_step(ran, "pivot-root"));
  CHECK(ran.steps.back().step == std::string_view("execute"));
}

TEST_CASE("create: exactly 0, 1, 2 and what is preserved is open; standard input can't lead outside") {
  if (!can_make_containers()) return;
  World world;
  const auto before = open_descriptors();
  PlanDraft draft(world.root);
  int ends[2];
  REQUIRE(pipe(ends) == 0);  // not close-on-exec, on purpose
  draft.header.process.preservedFds = 1;
  draft.add_fd(ends[1]);
  const Ran ran = run_script(std::move(draft), "echo kept >&3; for f in /proc/self/fd/*; do echo ${f##*/}; done");
  close(ends[1]);
  char kept[16] = {};
  CHECK(read(ends[0], kept, sizeof kept) == 5);
  close(ends[0]);
  // The shell's glob opens /proc/self/fd itself, as 4.
  CHECK(ran.output == "0\n1\n2\n3\n4\n");
  CHECK(open_descriptors() == before);
}

TEST_CASE("create: overlay, with and without a user namespace, keeps unshifted ids on disk") {
  if (!can_make_containers()) return;
  World world;
  bool has_user_namespace = false;
  SUBCASE("without") { has_user_namespace = false; }
  SUBCASE("with") { has_user_namespace = true; }
  std::filesystem::create_directories(world.scratch / "upper");
  std::filesystem::create_directories(world.scratch / "work");
  PlanDraft draft(world.root);
  draft.header.root.kind = plan::RootKind::kOverlay;
  draft.header.root.directory = {};
  draft.header.root.layers = draft.texts({world.root});
  draft.header.root.upperDirectory = draft.text(world.scratch / "upper");
  draft.header.root.workDirectory = draft.text(world.scratch / "work");
  if (has_user_namespace) {
    draft.use_user_namespace();
    draft.header.root.isIdMapped = 1;
  }
  const Ran ran =
      run_script(std::move(draft), "touch /made && stat -c %u /made /etc/passwd && head -c 40 /proc/self/uid_map");
  CAPTURE(ran.error.step + " " + ran.error.object);
  REQUIRE(ran.started);
  CHECK(ran.output.starts_with("0\n0\n"));
  CHECK((ran.output.find("100000") != std::string::npos) == has_user_namespace);
  struct stat status {};
  REQUIRE(stat((world.scratch / "upper/made").c_str(), &status) == 0);
  CHECK(status.st_uid == 0);
}

TEST_CASE("create: /dev, masked and read-only paths, binds, devices elsewhere") {
  if (!can_make_containers()) return;
  World world;
  std::ofstream(world.scratch / "note") << "hello";
  PlanDraft draft(world.root);
  draft.add_filesystem("tmpfs", "/dev", {{"mode", "755"}});
  draft.add_bind(world.scratch / "note", "/mnt/deep/note", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  draft.header.devEntries = draft.writer.array(std::vector<plan::DevEntry>{
      {plan::EntryKind::kNode, S_IFCHR | 0666, draft.text("null"), {}, 1, 3, 0, 0},
      {plan::EntryKind::kNode, S_IFCHR | 0600, draft.text("net/tun"), {}, 10, 200, 0, 0},
      {plan::EntryKind::kSymlink, 0777, draft.text("fd"), draft.text("/proc/self/fd"), 0, 0, 0, 0}});
  draft.header.devices =
      draft.writer.array(std::vector<plan::Device>{{draft.text("/opt/zero"), S_IFCHR | 0666, 1, 5, 0, 0, 0}});
  draft.header.maskedPaths = draft.texts({"/proc/keys", "/proc/scsi", "/etc", "/absent"});
  draft.header.readonlyPaths = draft.texts({"/proc/sys"});
  const Ran ran =
      run_script(std::move(draft),
                 "stat -c '%t:%T' /dev/null /dev/net/tun /opt/zero; readlink /dev/fd; cat /mnt/deep/note; echo; "
                 "echo x > /mnt/deep/note || echo ro; cat /proc/keys | wc -c; ls /etc | wc -l; "
                 "echo 1 > /proc/sys/net/ipv4/ip_forward || echo ro; touch /etc/x || echo ro");
  CAPTURE(ran.error.step + " " + ran.error.object);
  CHECK(ran.output.find("1:3\na:c8\n1:5\n/proc/self/fd\nhello\n") == 0);
  CHECK(ran.output.find("0\n0\n") != std::string::npos);
  size_t refused = 0;
  for (size_t at = 0; (at = ran.output.find("\nro\n", at)) != std::string::npos; at++) refused++;
  CHECK(refused == 3);
}

TEST_CASE("create: a read-only root is read-only, its mount points are made before") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  draft.add_filesystem("tmpfs", "/var/new/place");
  draft.header.root.attributes = MOUNT_ATTR_RDONLY;
  const Ran ran =
      run_script(std::move(draft), "touch /x 2>&1 | grep -c Read-only; touch /var/new/place/x && echo tmpfs-rw");
  CHECK(ran.output == "1\ntmpfs-rw\n");
}

TEST_CASE("create: failures name step, errno and object, and leave nothing") {
  if (!can_make_containers()) return;
  World world;
  const auto before = open_descriptors();
  PlanDraft draft(world.root);
  std::vector<std::string> arguments{"true"};
  std::string step, object;
  int number = 0;
  SUBCASE("no such program") { arguments = {"nosuch"}, step = "lookup", number = ENOENT, object = "nosuch"; }
  SUBCASE("not executable") { arguments = {"/etc/passwd"}, step = "lookup", number = EACCES, object = "/etc/passwd"; }
  SUBCASE("no such user") {
    draft.header.process.user = draft.text("nobody"), step = "user", number = ENOENT, object = "nobody";
  }
  SUBCASE("uid beyond 32 bits") {
    draft.header.process.user = draft.text("4294967296"), step = "user", number = ERANGE, object = "4294967296";
  }
  SUBCASE("uid that means unchanged") {
    draft.header.process.user = draft.text("4294967295"), step = "user", number = ERANGE, object = "4294967295";
  }
  SUBCASE("hexadecimal uid") {
    draft.header.process.user = draft.text("0x0"), step = "user", number = ENOENT, object = "0x0";
  }
  SUBCASE("no user at all") {
    draft.header.process.user = draft.text(":0"), step = "user", number = EINVAL, object = ":0";
  }
  SUBCASE("no bind source") {
    draft.add_bind("/no/such/source", "/mnt"), step = "mount-source", number = ENOENT, object = "/no/such/source";
  }
  SUBCASE("no file system") {
    draft.add_filesystem("nosuchfs", "/mnt"), step = "mount", number = ENODEV, object = "/mnt";
  }
  SUBCASE("no root") {
    draft.header.root.directory = draft.text("/no/such/root"), step = "root-mount", number = ENOENT,
    object = "/no/such/root";
  }
  SUBCASE("a working directory that leads out") {
    draft.header.process.workingDirectory = draft.text("/proc/self/fd/9"), step = "working-directory",
    object = "/proc/self/fd/9";
  }
  SUBCASE("an empty symlink chain") {
    std::filesystem::create_symlink("b", world.root + "/a");
    std::filesystem::create_symlink("a", world.root + "/b");
    draft.add_filesystem("tmpfs", "/a"), step = "mount", object = "/a";
  }
  const Ran ran = run(std::move(draft), arguments);
  CHECK_FALSE(ran.started);
  CHECK(ran.error.step == step);
  if (number != 0) CHECK(ran.error.number == number);
  CHECK(ran.error.object == object);
  CHECK(ran.steps.back().errnum != 0);
  CHECK(open_descriptors() == before);
}

TEST_CASE("create: users and groups come from the container's files, numbers are never names") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  draft.header.process.flags |= plan::kProcessSetHome;
  std::string expected;
  SUBCASE("name") { draft.header.process.user = draft.text("alice"), expected = "1000 1001 1001 10 /home/alice\n"; }
  SUBCASE("number") { draft.header.process.user = draft.text("1000"), expected = "1000 1001 1001 10 /home/alice\n"; }
  SUBCASE("name and group") {
    draft.header.process.user = draft.text("alice:wheel"), expected = "1000 10 10 /home/alice\n";
  }
  SUBCASE("numbers that are nobody's") { draft.header.process.user = draft.text("77:88"), expected = "77 88 88 /\n"; }
  SUBCASE("a name of digits with uid 0") { draft.header.process.user = draft.text("1234"), expected = "1234 0 0 /\n"; }
  SUBCASE("ids of the plan") {
    draft.header.process.uid = 5, draft.header.process.gid = 6, expected = "5 6 6 7 8 /\n";
    draft.header.process.groups = draft.writer.array(std::vector<uint32_t>{7, 8});
  }
  const Ran ran = run_script(std::move(draft), "echo $(id -u) $(id -g) $(id -G) $HOME");
  CAPTURE(ran.error.step + " " + ran.error.object);
  CHECK(ran.output == expected);
}

TEST_CASE("create: the primary group is among the additional ones, and there may be as many as the kernel takes") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  std::string expected;
  SUBCASE("of a user by name") { draft.header.process.user = draft.text("alice"), expected = "10 1001 "; }
  SUBCASE("of a group by number") { draft.header.process.user = draft.text("alice:77"), expected = "77 "; }
  SUBCASE("thousands") {
    std::vector<uint32_t> groups;
    for (uint32_t gid = 0; gid < 65'536; gid++) groups.push_back(gid), expected += std::to_string(gid) + " ";
    draft.header.process.groups = draft.writer.array(groups);
  }
  const Ran ran = run_script(std::move(draft), "grep Groups: /proc/self/status | cut -f2");
  CAPTURE(ran.error.step + " " + ran.error.object);
  CHECK(ran.output == expected + "\n");
}

TEST_CASE("create: one group more than the kernel takes is an error that says so") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  draft.header.process.user = draft.text("root");
  draft.header.process.groups = draft.writer.array(std::vector<uint32_t>(65'536, 7));
  const Ran ran = run(std::move(draft), {"true"});
  CHECK_FALSE(ran.started);
  CHECK(ran.error.step == "user");
  CHECK(ran.error.number == E2BIG);
}

TEST_CASE("create: an error of limits and capabilities names them") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  std::string object;
  SUBCASE("a limit") {
    draft.header.process.rlimits = draft.writer.array(std::vector<plan::Rlimit>{{7, 0, 5, 4}});
    object = "RLIMIT_NOFILE";
  }
  SUBCASE("an ambient capability that is not inheritable") {
    draft.header.process.flags |= plan::kProcessHasCapabilities;
    draft.header.process.capabilities = {1 << 5, 1 << 5, 1 << 5, 0, 1 << 5};
    object = "CAP_KILL";
  }
  SUBCASE("a filter that is none") {
    draft.header.process.seccomp.program = draft.text(std::string_view("\xff\xff\0\0\0\0\0\0", 8));
    object = "filter";
  }
  const Ran ran = run(std::move(draft), {"true"});
  CHECK_FALSE(ran.started);
  CHECK(ran.error.object == object);
}

TEST_CASE("create: hostile passwd files are refused in no time") {
  if (!can_make_containers()) return;
  World world;
  const std::string passwd = world.root + "/etc/passwd";
  std::filesystem::remove(passwd);
  SUBCASE("a FIFO") { REQUIRE(mkfifo(passwd.c_str(), 0644) == 0); }
  SUBCASE("a device") { REQUIRE(mknod(passwd.c_str(), S_IFCHR | 0666, makedev(1, 5)) == 0); }
  SUBCASE("an endless file") {
    const int fd = open(passwd.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    REQUIRE(ftruncate(fd, off_t{1} << 40) == 0);
    close(fd);
  }
  SUBCASE("a link to a magic link") { std::filesystem::create_symlink("/proc/self/root/etc/passwd", passwd); }
  PlanDraft draft(world.root);
  draft.header.process.user = draft.text("alice");
  const Ran ran = run(std::move(draft), {"true"});
  CHECK_FALSE(ran.started);
  CHECK(ran.error.step == "user");
}

TEST_CASE("create: links of the image can't lead a mount out of the root") {
  if (!can_make_containers()) return;
  World world;
  // The same path exists on the host and inside the root: only the latter may be met.
  std::filesystem::create_directories(world.scratch / "outside");
  std::filesystem::create_directories(world.root + (world.scratch / "outside"));
  PlanDraft draft(world.root);
  bool must_fail = false;
  SUBCASE("a destination below an absolute link") {
    std::filesystem::create_symlink(world.scratch / "outside", world.root + "/link");
    draft.add_filesystem("tmpfs", "/link/new");
    draft.mounts.back().flags = 0;
  }
  SUBCASE("a destination below a link upwards") {
    std::filesystem::create_symlink("../../../../../.." + (world.scratch / "outside"), world.root + "/link");
    draft.add_filesystem("tmpfs", "/link/new");
    draft.mounts.back().flags = 0;
  }
  SUBCASE("/proc is a link") {
    std::filesystem::remove(world.root + "/proc");
    std::filesystem::create_symlink("/tmp", world.root + "/proc");
    must_fail = true;
  }
  SUBCASE("/dev is a link") {
    std::filesystem::remove(world.root + "/dev");
    std::filesystem::create_symlink(world.scratch / "outside", world.root + "/dev");
    draft.add_filesystem("tmpfs", "/dev");
    must_fail = true;
  }
  SUBCASE("a device below a link") {
    std::filesystem::create_symlink(world.scratch / "outside", world.root + "/link");
    draft.header.devices =
        draft.writer.array(std::vector<plan::Device>{{draft.text("/link/zero"), S_IFCHR | 0666, 1, 5, 0, 0, 0}});
  }
  const Ran ran = run(std::move(draft), {"true"});
  CHECK(ran.started == !must_fail);
  CHECK(std::filesystem::is_empty(world.scratch / "outside"));
}

TEST_CASE("create: waits for the start FIFO, everything prepared") {
  if (!can_make_containers()) return;
  World world;
  const std::string fifo = world.scratch / "start";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  const int fd = open(fifo.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  PlanDraft draft(world.root);
  draft.header.monitor.startFifo = draft.add_fd(fd);
  const Ran ran = run(std::move(draft), {"sh", "-c", "exit 3"}, [&](pid_t pid) {
    usleep(20'000);
    CHECK(waitpid(pid, nullptr, WNOHANG) == 0);
    std::ofstream(fifo) << "1";
  });
  close(fd);
  CHECK(ran.status == 3);
}

TEST_CASE("create: the launcher acts between the namespaces and the pivot") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  draft.header.flags |= plan::kPlanSyncBeforePivot;
  const std::vector<std::byte> bytes = std::move(draft).finish({"true"});
  pid_t seen = 0;
  bool goes_on = true;
  SUBCASE("goes on") { goes_on = true; }
  SUBCASE("gives up") { goes_on = false; }
  LaunchRequest request;
  request.plan = bytes;
  request.mode = plan::MonitorMode::kLeave;
  request.onSync = [&](pid_t pid) {
    seen = pid;
    CHECK(std::filesystem::exists("/proc/" + std::to_string(pid) + "/ns/net"));
    return goes_on;
  };
  const auto outcome = launch(request);
  CHECK(seen > 0);
  CHECK(outcome.ok() == goes_on);
  if (!goes_on) CHECK(outcome.error().number == ECANCELED);
  CHECK((waitpid(seen, nullptr, 0) == seen) == goes_on);
  if (!goes_on) CHECK_FALSE(std::filesystem::exists("/proc/" + std::to_string(seen)));
}

TEST_CASE("create: what the launcher does in between does not count as bulkhead-init's time") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  draft.header.flags |= plan::kPlanSyncBeforePivot;
  const std::vector<std::byte> bytes = std::move(draft).finish({"true"});
  LaunchRequest request;
  request.plan = bytes;
  request.mode = plan::MonitorMode::kLeave;
  request.timeoutMs = 2000;
  request.onSync = [&](pid_t) { return usleep(2'200'000) == 0; };
  const auto outcome = launch(request);
  REQUIRE(outcome.ok());
  CHECK(waitpid(outcome.value().pid, nullptr, 0) == outcome.value().pid);
}

TEST_CASE("create: the terminal's master goes to the console socket, as OCI runtimes send it") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  draft.add_filesystem("tmpfs", "/dev");
  draft.add_filesystem("devpts", "/dev/pts", {{"mode", "0620"}, {"ptmxmode", "0666"}});
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  draft.header.stdio = plan::StdioMode::kTerminal;
  draft.header.terminal.rows = 31;
  draft.header.terminal.columns = 97;
  draft.header.terminal.consoleSocket = draft.add_fd(ends[1]);
  std::string output;
  const Ran ran =
      run(std::move(draft),
          {"sh", "-c", "stty size; tty; test /dev/console -ef /dev/pts/0 || stat -c %t:%T /dev/console"}, [&](pid_t) {
            char name[64] = {};
            alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
            iovec segment{name, sizeof name};
            msghdr message{};
            message.msg_iov = &segment;
            message.msg_iovlen = 1;
            message.msg_control = control;
            message.msg_controllen = sizeof control;
            REQUIRE(recvmsg(ends[0], &message, MSG_CMSG_CLOEXEC) > 0);
            REQUIRE(CMSG_FIRSTHDR(&message) != nullptr);
            const int master = *reinterpret_cast<int*>(CMSG_DATA(CMSG_FIRSTHDR(&message)));
            char buffer[512];
            for (ssize_t n; (n = read(master, buffer, sizeof buffer)) > 0;)
              output.append(buffer, static_cast<size_t>(n));
            close(master);
          });
  close(ends[0]);
  close(ends[1]);
  CAPTURE(ran.error.step + " " + ran.error.object);
  CHECK(ran.status == 0);
  CHECK(output.starts_with("31 97\r\n/dev/pts/0\r\n"));
}

TEST_CASE("create: joins namespaces by descriptor, the pid namespace too") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft first(world.root);
  const Ran outer = run(std::move(first), {"sleep", "100"}, [&](pid_t pid) {
    PlanDraft draft(world.root);
    draft.header.newNamespaces = CLONE_NEWNS | CLONE_NEWUTS;
    std::vector<plan::NamespaceJoin> joins;
    std::vector<int> opened;
    for (const auto& [name, flag] : {std::pair{"pid", CLONE_NEWPID}, {"net", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC}}) {
      opened.push_back(open(("/proc/" + std::to_string(pid) + "/ns/" + name).c_str(), O_RDONLY | O_CLOEXEC));
      joins.push_back({static_cast<uint32_t>(flag), draft.add_fd(opened.back())});
    }
    draft.header.joinNamespaces = draft.writer.array(joins);
    const Ran inner = run_script(std::move(draft),
                                 "readlink /proc/1/ns/net; readlink /proc/self/ns/net; cat /proc/1/cmdline | grep -c "
                                 "sleep; test $$ != 1 && echo joined; ls /proc/self/fd | wc -l");
    for (const int fd : opened) close(fd);
    CAPTURE(inner.error.step + " " + inner.error.object);
    REQUIRE(inner.started);
    const size_t half = inner.output.find('\n') + 1;
    CHECK(inner.output.substr(0, half) == inner.output.substr(half, half));
    CHECK(inner.output.substr(2 * half) == "1\njoined\n4\n");
    kill(pid, SIGKILL);
  });
  CHECK(outer.status == 128 + SIGKILL);
}

TEST_CASE("create: rights are exactly what the plan says") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  constexpr uint64_t kChown = 1, kKill = 1 << 5;
  draft.header.process.flags |= plan::kProcessHasCapabilities | plan::kProcessNoNewPrivileges | plan::kProcessHasUmask;
  draft.header.process.umask = 027;
  std::string expected;
  SUBCASE("root") {
    draft.header.process.capabilities = {kChown | kKill, kChown, kChown, 0, 0};
    // With no_new_privs not even root gains by execve what he does not have.
    expected =
        "CapInh:\t0000000000000000\nCapPrm:\t0000000000000001\nCapEff:\t0000000000000001\nCapBnd:"
        "\t0000000000000021\nCapAmb:\t0000000000000000\n";
  }
  SUBCASE("a user with ambient capabilities") {
    draft.header.process.uid = 1000;
    draft.header.process.capabilities = {kChown | kKill, kKill, kKill, kKill, kKill};
    expected =
        "CapInh:\t0000000000000020\nCapPrm:\t0000000000000020\nCapEff:\t0000000000000020\nCapBnd:"
        "\t0000000000000021\nCapAmb:\t0000000000000020\n";
  }
  SUBCASE("a user without any") {
    draft.header.process.uid = 1000;
    draft.header.process.capabilities = {kChown | kKill, 0, 0, 0, 0};
    expected =
        "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:"
        "\t0000000000000021\nCapAmb:\t0000000000000000\n";
  }
  // "ret allow": loaded late, with no_new_privs.
  draft.header.process.seccomp.program = draft.text(std::string_view("\6\0\0\0\0\0\377\177", 8));
  draft.header.process.rlimits = draft.writer.array(std::vector<plan::Rlimit>{{7, 0, 123, 456}});
  const Ran ran = run_script(std::move(draft),
                             "umask; ulimit -n; ulimit -Hn; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status");
  CAPTURE(ran.error.step + " " + ran.error.object);
  CHECK(ran.output == "0027\n123\n456\n" + expected + "NoNewPrivs:\t1\nSeccomp:\t2\n");
}

TEST_CASE("create: a filter without no_new_privs is loaded while there is the right to") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  draft.header.process.uid = 1000;
  draft.header.process.flags |= plan::kProcessHasCapabilities;
  draft.header.process.seccomp.program = draft.text(std::string_view("\6\0\0\0\0\0\377\177", 8));
  const Ran ran = run_script(std::move(draft), "grep -E '^(NoNewPrivs|Seccomp:)' /proc/self/status");
  CHECK(ran.output == "NoNewPrivs:\t0\nSeccomp:\t2\n");
}

TEST_CASE("create: a tmpfs that copies up") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  draft.add_filesystem("tmpfs", "/etc");
  draft.mounts.back().flags |= plan::kMountCopyUp;
  const Ran ran = run_script(std::move(draft), "cat /etc/group; echo more >> /etc/group");
  CHECK(ran.output == "root:x:0:\nwheel:x:10:bob,alice\n");
  std::ifstream group(world.root + "/etc/group");
  CHECK(std::string(std::istreambuf_iterator<char>(group), {}) == ran.output);
}

#if defined(__x86_64__)
TEST_CASE("create: an early filter need not know the newer system calls") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  draft.header.process.flags |= plan::kProcessHasCapabilities;
  draft.header.process.uid = 1000;
  // errno(ENOSYS) for everything from 400 on (clone3, openat2, close_range, faccessat2, …) and statx; x86-64 numbers.
  struct Instruction {
    uint16_t code;
    uint8_t if_true, if_false;
    uint32_t value;
  };
  const Instruction filter[] = {
      {0x20, 0, 0, 0}, {0x35, 2, 0, 400}, {0x15, 1, 0, 332}, {0x06, 0, 0, 0x7fff0000}, {0x06, 0, 0, 0x00050000 | 38}};
  draft.header.process.seccomp.program =
      draft.text(std::string_view(reinterpret_cast<const char*>(filter), sizeof filter));
  const Ran ran = run_script(std::move(draft), "id -u; grep Seccomp: /proc/self/status");
  CAPTURE(ran.error.step + " " + ran.error.object);
  CHECK(ran.output == "1000\nSeccomp:\t2\n");
}
#endif

TEST_CASE("create: clocks of its own, an oom score, a read-only /dev, a bind that maps its owner") {
  if (!can_make_containers()) return;
  World world;
  std::filesystem::create_directory(world.scratch / "mine");
  std::ofstream(world.scratch / "mine/file") << "x";
  REQUIRE(chown((world.scratch / "mine").c_str(), 1000, 1000) == 0);
  REQUIRE(chown((world.scratch / "mine/file").c_str(), 1000, 1000) == 0);
  PlanDraft draft(world.root);
  draft.use_user_namespace();
  draft.header.root.isIdMapped = 1;
  draft.header.newNamespaces |= CLONE_NEWTIME;
  draft.header.timeOffsets = draft.writer.array(std::vector<plan::TimeOffset>{{1, 0, 1'000'000'000}});
  draft.header.process.flags |= plan::kProcessHasOomScore;
  draft.header.process.oomScore = 777;
  draft.add_filesystem("tmpfs", "/dev");
  draft.mounts.back().attributesSet = MOUNT_ATTR_RDONLY;
  draft.add_bind(world.scratch / "mine", "/mine");
  draft.mounts.back().hasIdMap = 1;
  draft.mounts.back().uidMap = draft.writer.array(std::vector<plan::IdMapping>{{1000, 100000, 1}});
  draft.mounts.back().gidMap = draft.mounts.back().uidMap;
  const Ran ran =
      run_script(std::move(draft),
                 "test $(cut -d. -f1 /proc/uptime) -gt 1000000000 && echo later; cat /proc/self/oom_score_adj; "
                 "touch /dev/x 2>&1 | grep -c Read-only; stat -c %u /mine/file; touch /mine/new");
  CAPTURE(ran.error.step + " " + ran.error.object);
  CHECK(ran.output == "later\n777\n1\n0\n");
  struct stat made {};
  REQUIRE(stat((world.scratch / "mine/new").c_str(), &made) == 0);
  CHECK(made.st_uid == 1000);
  CHECK(read_text("/proc/self/oom_score_adj") != "777\n");
}

TEST_CASE("create: what was reported as failed does not run later") {
  if (!can_make_containers()) return;
  ScratchDirectory scratch;
  const std::string root = scratch / "root";
  make_busybox_root(root);
  PlanDraft draft(root);
  draft.header.flags |= plan::kPlanSyncBeforePivot;
  draft.header.stdio = plan::StdioMode::kPipes;
  draft.header.monitor.mode = plan::MonitorMode::kStay;
  const int directory = open(scratch.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  draft.header.monitor.runDirectory = draft.add_fd(directory);
  draft.header.monitor.socketName = draft.text("main.sock");
  draft.header.monitor.exitName = draft.text("main.exit");
  const std::vector<int> fds = draft.fds;
  const std::vector<std::byte> bytes = std::move(draft).finish({"touch", "/ran"});
  LaunchRequest request;
  request.plan = bytes;
  request.fds = fds;
  request.timeoutMs = 300;
  pid_t stopped = 0;
  request.onSync = [&](pid_t pid) { return kill(stopped = pid, SIGSTOP) == 0; };
  const auto outcome = launch(request);
  close(directory);
  REQUIRE_FALSE(outcome.ok());
  CHECK(outcome.error().number == ETIMEDOUT);
  CHECK(eventually([&] { return kill(stopped, SIGCONT) != 0; }));
  CHECK_FALSE(std::filesystem::exists(root + "/ran"));
  CHECK_FALSE(std::filesystem::exists(scratch / "main.sock"));
}

TEST_CASE("create: on a host whose mounts are shared nothing of the container's reaches the host") {
  if (!can_make_containers()) return;
  ScratchDirectory scratch;
  const std::string root = scratch / "root", volume = scratch / "volume";
  make_busybox_root(root);
  std::filesystem::create_directory(volume);
  const auto mounts = [] { return read_text("/proc/thread-self/mountinfo"); };
  // A thread has a mount namespace of its own once it has unshared it, and what it launches is in that.
  std::thread([&] {
    REQUIRE(unshare(CLONE_NEWNS) == 0);
    REQUIRE(syscall(SYS_mount, nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    REQUIRE(syscall(SYS_mount, nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) == 0);
    const std::string before = mounts();
    PlanDraft draft(root);
    draft.add_bind(volume, "/volume");
    std::string meanwhile;
    const Ran ran =
        run(std::move(draft), {"sh", "-c", "sleep 0.2; touch /volume/f"}, [&](pid_t) { meanwhile = mounts(); });
    CHECK(ran.started);
    CHECK(ran.status == 0);
    CHECK(meanwhile == before);
    CHECK(mounts() == before);
  }).join();
  CHECK(std::filesystem::exists(volume + "/f"));
}
