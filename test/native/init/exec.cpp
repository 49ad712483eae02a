// Entering a running container, and opening paths as a caller.
#include <doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>

#include "container.h"
#include "core/plan/plan_writer.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

struct World {
  ScratchDirectory scratch;
  std::string root = scratch / "root";
  std::string run = scratch / "run";
  Supervised container{};

  explicit World(bool has_user_namespace) {
    make_busybox_root(root);
    std::filesystem::create_directory(run);
    PlanDraft draft(root);
    draft.add_filesystem("tmpfs", "/dev", {{"mode", "755"}});
    draft.add_filesystem("devpts", "/dev/pts", {{"mode", "0620"}, {"ptmxmode", "0666"}});
    draft.header.hostname = draft.text("inside");
    if (has_user_namespace) {
      draft.use_user_namespace();
      draft.header.root.isIdMapped = 1;
    }
    container = start_supervised(std::move(draft), run, "main", {"sleep", "100"});
  }
  ~World() { kill(container.pid, SIGKILL); }

  PlanDraft entering(bool has_user_namespace) const {
    PlanDraft draft(root);
    draft.mounts.clear();
    draft.header.kind = plan::Kind::kExec;
    draft.header.newNamespaces = 0;
    draft.header.target = {static_cast<uint32_t>(container.pid), 1, container.start_time_ticks};
    if (has_user_namespace) {
      draft.header.uidMappings = draft.writer.array(std::vector<plan::IdMapping>{{0, 100000, 65536}});
      draft.header.gidMappings = draft.header.uidMappings;
    }
    return draft;
  }
};

Result<OpenedDescriptor> open_as(uint32_t id, const std::string& path, bool is_write = false) {
  plan::PlanWriter writer;
  plan::Plan header{};
  header.kind = plan::Kind::kOpen;
  header.open.uid = header.open.gid = id;
  header.open.path = writer.text(path);
  header.open.isWrite = is_write;
  return launch_open(std::move(writer).finish(header), 2000);
}

}  // namespace

TEST_CASE("exec: in all namespaces, with nothing of the host's") {
  if (!can_make_containers()) return;
  bool has_user_namespace = false;
  SUBCASE("without a user namespace") {}
  SUBCASE("with") { has_user_namespace = true; }
  World world(has_user_namespace);
  const std::string same =
      "for n in user mnt pid net ipc uts cgroup; do test $(readlink /proc/1/ns/$n) = $(readlink /proc/self/ns/$n) || "
      "echo $n differs; done; ";
  const Ran ran =
      run_script(world.entering(has_user_namespace),
                 same + "hostname; id -u; ls /proc/self/fd | wc -l; cat /proc/1/cmdline | head -c 5; exit 6");
  CAPTURE(ran.error.step + " " + ran.error.object);
  CHECK(ran.output == "inside\n0\n4\nsleep");
  CHECK(ran.status == 6);
}

TEST_CASE("exec: the container's users, its PATH, failures as create has them") {
  if (!can_make_containers()) return;
  World world(false);
  PlanDraft draft = world.entering(false);
  SUBCASE("user") {
    draft.header.process.user = draft.text("alice");
    CHECK(run_script(std::move(draft), "id -u; id -G").output == "1000\n1001 10\n");
  }
  SUBCASE("no such program") {
    const Ran ran = run(std::move(draft), {"nosuch"});
    CHECK_FALSE(ran.started);
    CHECK(ran.error.step == "lookup");
    CHECK(ran.error.number == ENOENT);
  }
  SUBCASE("a working directory that is not there is not made") {
    draft.header.process.workingDirectory = draft.text("/not/there");
    const Ran ran = run(std::move(draft), {"true"});
    CHECK(ran.error.step == "working-directory");
    CHECK_FALSE(std::filesystem::exists(world.root + "/not"));
  }
  SUBCASE("a filter, without no_new_privs") {
    draft.header.process.seccomp.program = draft.text(std::string_view("\6\0\0\0\0\0\377\177", 8));
    CHECK(run_script(std::move(draft), "grep Seccomp: /proc/self/status").output == "Seccomp:\t2\n");
  }
}

TEST_CASE("exec: refuses a process that is not the one that was meant") {
  if (!can_make_containers()) return;
  World world(false);
  PlanDraft draft = world.entering(false);
  draft.header.target.startTimeTicks++;
  const Ran ran = run(std::move(draft), {"true"});
  CHECK_FALSE(ran.started);
  CHECK(ran.error.number == ESRCH);
}

TEST_CASE("exec: with the out-of-memory score that is asked for, and its monitor with its own") {
  if (!can_make_containers()) return;
  World world(false);
  PlanDraft draft = world.entering(false);
  draft.header.process.flags |= plan::kProcessHasOomScore;
  draft.header.process.oomScore = 777;
  const Supervised one = start_supervised(std::move(draft), world.run, "one", {"sleep", "100"});
  CHECK(read_text("/proc/" + std::to_string(one.pid) + "/oom_score_adj") == "777\n");
  CHECK(read_text("/proc/" + std::to_string(one.monitor) + "/oom_score_adj") == read_text("/proc/self/oom_score_adj"));
}

TEST_CASE("exec: a terminal of the container's devpts") {
  if (!can_make_containers()) return;
  bool has_user_namespace = false;
  SUBCASE("without a user namespace") {}
  SUBCASE("with") { has_user_namespace = true; }
  World world(has_user_namespace);
  PlanDraft draft = world.entering(has_user_namespace);
  draft.header.stdio = plan::StdioMode::kTerminal;
  draft.header.terminal.rows = 11;
  draft.header.terminal.columns = 22;
  draft.header.monitor.flags = plan::kMonitorWaitForAttach;
  start_supervised(std::move(draft), world.run, "one", {"sh", "-c", "tty; stty size; exit 8"});
  MonitorClient client(world.run, "one");
  client.attach("attach 0 0 0");
  int code = -1;
  CHECK(client.output_until_exit(nullptr, &code) == "/dev/pts/0\r\n11 22\r\n");
  CHECK(code == 8);
  CHECK(read_text(world.run + "/one.exit").starts_with("exited 8 0 0 "));
  // The container lives on: this monitor was not its own.
  CHECK(kill(world.container.pid, 0) == 0);
}

TEST_CASE("exec: dies with the container") {
  if (!can_make_containers()) return;
  World world(false);
  start_supervised(world.entering(false), world.run, "one", {"sleep", "100"});
  kill(world.container.pid, SIGKILL);
  CHECK(eventually([&] { return std::filesystem::exists(world.run + "/one.exit"); }));
  CHECK(read_text(world.run + "/one.exit").starts_with("exited 137 9 0 "));
}

TEST_CASE("open: as the caller, or not at all") {
  if (!can_make_containers()) return;
  ScratchDirectory scratch;
  const std::string secret = scratch / "secret", mine = scratch / "mine", fifo = scratch / "fifo",
                    node = scratch / "node", link = scratch / "link";
  close(open(secret.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  close(open(mine.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  REQUIRE(chown(mine.c_str(), 1000, 1000) == 0);
  REQUIRE(mkfifo(fifo.c_str(), 0666) == 0);
  REQUIRE(mknod(node.c_str(), S_IFCHR | 0666, 0x103) == 0);
  std::filesystem::create_symlink(secret, link);
  const auto refusal = [](const Result<OpenedDescriptor>& result) { return result.ok() ? 0 : result.error().number; };
  const auto own = open_as(1000, mine, true);
  REQUIRE(own.ok());
  CHECK_FALSE(own.value().isDirectory);
  struct stat opened {
  }, named{};
  CHECK((fstat(own.value().fd, &opened) == 0 && stat(mine.c_str(), &named) == 0 && opened.st_ino == named.st_ino));
  close(own.value().fd);
  const auto directory = open_as(1000, scratch.path());
  REQUIRE(directory.ok());
  CHECK(directory.value().isDirectory);
  close(directory.value().fd);
  CHECK(refusal(open_as(1000, secret)) == EACCES);
  CHECK(refusal(open_as(1000, link)) == EACCES);
  CHECK(refusal(open_as(1000, scratch.path(), true)) == EACCES);
  CHECK(refusal(open_as(1000, fifo)) == EACCES);
  CHECK(refusal(open_as(1000, node)) == EACCES);
  CHECK(refusal(open_as(1000, "/proc/self")) == EACCES);
  CHECK(refusal(open_as(0, "/sys/kernel")) == EACCES);
  CHECK(refusal(open_as(1000, "/proc/self/cwd/etc")) == ELOOP);
  CHECK(refusal(open_as(1000, scratch / "absent")) == ENOENT);
  CHECK(refusal(open_as(~0u, secret)) == EINVAL);
}

TEST_CASE("exec: a container that stops all it sees delays its processes, or has them ended; it holds nothing up") {
  if (!can_make_containers()) return;
  ScratchDirectory scratch;
  const std::string root = scratch / "root", runs = scratch / "run";
  make_busybox_root(root);
  std::filesystem::create_directory(runs);
  const Supervised hostile =
      start_supervised(PlanDraft(root), runs, "main", {"sh", "-c", "while :; do kill -STOP -1; done"});
  for (int i = 0; i < 3; i++) {
    PlanDraft draft(root);
    draft.mounts.clear();
    draft.header.kind = plan::Kind::kExec;
    draft.header.newNamespaces = 0;
    draft.header.target = {static_cast<uint32_t>(hostile.pid), 1, hostile.start_time_ticks};
    const auto begin = std::chrono::steady_clock::now();
    const Ran ran = run(std::move(draft), {"sleep", "100"}, [](pid_t pid) { CHECK(kill(pid, SIGKILL) == 0); });
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(6));
    if (!ran.started) CHECK(ran.error.number == ETIMEDOUT);
  }
  kill(hostile.pid, SIGKILL);
}

TEST_CASE("exec: the container's null device does not become the user's") {
  if (!can_make_containers()) return;
  ScratchDirectory scratch;
  const std::string root = scratch / "root", runs = scratch / "run", null = root + "/dev/null";
  make_busybox_root(root);
  std::filesystem::create_directory(runs);
  REQUIRE(mknod(null.c_str(), S_IFCHR | 0666, 0x103) == 0);
  const Supervised container = start_supervised(PlanDraft(root), runs, "main", {"sleep", "100"});
  PlanDraft draft(root);
  draft.mounts.clear();
  draft.header.kind = plan::Kind::kExec;
  draft.header.newNamespaces = 0;
  draft.header.target = {static_cast<uint32_t>(container.pid), 1, container.start_time_ticks};
  draft.header.process.uid = 1000;
  start_supervised(std::move(draft), runs, "one", {"sh", "-c", "id -u"});
  CHECK(eventually([&] { return std::filesystem::exists(runs + "/one.exit"); }));
  CHECK(read_text(runs + "/one.exit").starts_with("exited 0 0 0 "));
  struct stat status {};
  CHECK((stat(null.c_str(), &status) == 0 && status.st_uid == 0));
  kill(container.pid, SIGKILL);
}
