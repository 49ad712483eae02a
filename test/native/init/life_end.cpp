// How a container ends: nothing of its output lost, nobody left without the news, nothing of it in the way of its next start.
#include <doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "container.h"
#include "core/cgroup/control.h"
#include "core/cgroup/launch_steps.h"

using namespace bulkhead;
using namespace bulkhead::test;
using namespace std::chrono_literals;

namespace {

struct World {
  ScratchDirectory scratch;
  std::string root = scratch / "root";
  std::string run = scratch / "run";
  World() {
    make_busybox_root(root);
    // A shell opens it for what it starts in the background, and starts nothing without it.
    std::filesystem::create_directories(root + "/dev");
    std::ofstream(root + "/dev/null").close();
    for (const char* name : {"run", "upper", "work"}) std::filesystem::create_directory(scratch / name);
  }
  Supervised start(PlanDraft&& draft, const std::string& script) const {
    return start_supervised(std::move(draft), run, "main", {"sh", "-c", script});
  }
  bool has_ended() const {
    return eventually([&] { return std::filesystem::exists(run + "/main.exit"); }, 10s);
  }
  PlanDraft overlay() const {
    PlanDraft draft(root);
    draft.header.root.kind = plan::RootKind::kOverlay;
    draft.header.root.directory = {};
    draft.header.root.layers = draft.texts({root});
    draft.header.root.upperDirectory = draft.text(scratch / "upper");
    draft.header.root.workDirectory = draft.text(scratch / "work");
    return draft;
  }
};

bool is_gone(pid_t pid) {
  return eventually([pid] { return !std::filesystem::exists("/proc/" + std::to_string(pid) + "/stat"); }, 10s);
}

/** What the records of a CRI log hold, without their heads and with the ends of whole lines. */
std::string logged(const std::string& path) {
  std::string output;
  std::ifstream log(path);
  for (std::string line; std::getline(log, line);) {
    const size_t tag = line.find(' ', line.find(' ') + 1) + 1;
    output += line.substr(tag + 2) + (line[tag] == 'F' ? "\n" : "");
  }
  return output;
}

/** Whether the kernel lets an overlay over these directories be made that insists on being the only one (index=on: EBUSY). */
bool is_free(const World& world) {
  bool is_mounted = false;
  std::thread([&] {
    REQUIRE(unshare(CLONE_NEWNS) == 0);
    REQUIRE(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    std::filesystem::create_directory(world.scratch / "probe");
    const std::string options = "index=on,lowerdir=" + world.root + ",upperdir=" + (world.scratch / "upper") +
                                ",workdir=" + (world.scratch / "work");
    is_mounted = mount("overlay", (world.scratch / "probe").c_str(), "overlay", 0, options.c_str()) == 0;
  }).join();
  return is_mounted;
}

/** A group in every hierarchy of this host that a container has one in. */
struct Groups {
  cgroup::Host host = cgroup::probe_host().take();
  std::string path;
  explicit Groups(const World& world) : path("/" + world.scratch.path().substr(5) + "/group") {}
  ~Groups() {
    const auto removed = cgroup::remove(host, path.substr(0, path.rfind('/')));
    CHECK_MESSAGE(removed.ok(), removed.error().object);
  }
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;
  void add_to(PlanDraft& draft) const {
    const cgroup::LaunchSteps launch = cgroup::plan_launch(host, path, {}).take();
    std::vector<plan::CgroupStep> steps;
    for (const cgroup::LaunchStep& step : launch.steps)
      steps.push_back(
          {step.op, step.flags, draft.text(step.path), step.value.empty() ? plan::Text{} : draft.text(step.value)});
    draft.header.cgroupSteps = draft.writer.array(steps);
    draft.header.cgroupEnd.procsFile = draft.text(launch.end.procs_file);
    if (!launch.end.kill_file.empty()) draft.header.cgroupEnd.killFile = draft.text(launch.end.kill_file);
    if (!launch.end.thaw_file.empty()) draft.header.cgroupEnd.thawFile = draft.text(launch.end.thaw_file);
    draft.header.cgroupEnd.isThawV1 = launch.end.is_thaw_v1;
  }
  std::vector<std::string> directories() const {
    std::vector<std::string> found;
    for (const auto& hierarchy : host.hierarchies)
      if (std::filesystem::exists(hierarchy.mount_point + path)) found.push_back(hierarchy.mount_point + path);
    return found;
  }
};

void put(const std::string& file, const std::string& text) {
  std::ofstream stream(file);
  stream << text << std::flush;
  CHECK_MESSAGE(stream.good(), file);
}

}  // namespace

TEST_CASE("end: a client that never reads costs the log nothing") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  draft.header.monitor.flags = plan::kMonitorWaitForAttach;
  // More than the sockets take, so that the rest is in the pipe when the process ends: it need not wait for that.
  world.start(std::move(draft), "head -c 250000 /bin/busybox; echo; echo last");
  MonitorClient stuck(world.run, "main");
  stuck.attach("attach 0 0 0");
  REQUIRE(world.has_ended());
  std::ifstream program("/bin/busybox", std::ios::binary);
  std::string expected(250'000, '\0');
  program.read(expected.data(), 250'000);
  const std::string log = logged(world.run + "/main.log");
  CHECK(log.size() == expected.size() + 6);
  CHECK(log == expected + "\nlast\n");
}

TEST_CASE("end: who goes on writing after the process does not hold up its end") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft host(world.root);
  const Supervised container = world.start(std::move(host), "sleep 100");
  PlanDraft draft(world.root);
  draft.mounts.clear();
  draft.header.kind = plan::Kind::kExec;
  draft.header.newNamespaces = 0;
  draft.header.target = {static_cast<uint32_t>(container.pid), 1, container.start_time_ticks};
  start_supervised(std::move(draft), world.run, "one", {"sh", "-c", "while :; do echo more; done & exit 3"});
  CHECK(eventually([&] { return std::filesystem::exists(world.run + "/one.exit"); }, 15s));
  CHECK(read_text(world.run + "/one.exit").starts_with("exited 3 0 0 "));
  kill(container.pid, SIGKILL);
  CHECK(world.has_ended());
}

TEST_CASE("end: the exit frame comes to a client whose socket is full, once he reads") {
  if (!can_make_containers()) return;
  World world;
  PlanDraft draft(world.root);
  draft.header.monitor.flags = plan::kMonitorWaitForAttach;
  const std::string line(2000, 'a');
  world.start(std::move(draft), "echo " + line + "; exit 6");
  MonitorClient client(world.run, "main");
  // The smallest buffer that there is (socket(7)): with that one chunk in it nothing more is taken.
  client.attach("attach 0 0 0", 1);
  REQUIRE(world.has_ended());
  std::this_thread::sleep_for(100ms);
  int code = -1;
  CHECK(client.output_until_exit(nullptr, &code) == line + "\n");
  CHECK(code == 6);
}

TEST_CASE("end: the overlay is let go, though a client lingers") {
  if (!can_make_containers()) return;
  World world;
  world.start(world.overlay(), "sleep 0.2");
  MonitorClient lingering(world.run, "main");
  lingering.attach("attach 0 0 0");
  REQUIRE(world.has_ended());
  // The monitor waits five seconds for such a client.
  CHECK(eventually([&] { return is_free(world); }, 3s));
}

TEST_CASE("end: a start right after the end waits until the overlay is free, though a client lingers") {
  if (!can_make_containers()) return;
  World world;
  const Supervised first = world.start(world.overlay(), "echo one > /file; sleep 0.2");
  MonitorClient lingering(world.run, "main");
  lingering.attach("attach 0 0 0");
  REQUIRE(world.has_ended());
  std::filesystem::remove(world.run + "/main.exit");
  const Supervised second = world.start(world.overlay(), "cat /file; sleep 100");
  CHECK(std::filesystem::exists("/proc/" + std::to_string(first.monitor)));  // that client has not closed yet
  CHECK_FALSE(is_free(world));
  CHECK(eventually([&] { return logged(world.run + "/main.log") == "one\n"; }));
  kill(second.pid, SIGKILL);
  REQUIRE(world.has_ended());
  CHECK(eventually([&] { return is_free(world); }));
  CHECK(std::filesystem::exists("/proc/" + std::to_string(first.monitor)));
}

TEST_CASE("end: the next start waits for the lock of the upper directory") {
  if (!can_make_containers()) return;
  World world;
  const int upper = open((world.scratch / "upper").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(flock(upper, LOCK_EX) == 0);
  std::atomic<bool> is_let_go = false;
  std::thread holder([&] {
    std::this_thread::sleep_for(400ms);
    is_let_go = true;
    close(upper);
  });
  const Supervised started = world.start(world.overlay(), "exit 2");
  CHECK(is_let_go);
  holder.join();
  CHECK(world.has_ended());
  CHECK(is_gone(started.monitor));
}

TEST_CASE("end: groups that the container has made go with it, and do not delay the news") {
  if (!can_make_containers()) return;
  World world;
  Groups groups(world);
  PlanDraft draft(world.root);
  groups.add_to(draft);
  const Supervised started = world.start(std::move(draft), "sleep 100");
  REQUIRE(groups.directories().size() > 0);
  // As the container does with its own mount of them; PID 1 in the deepest, as an init does.
  for (const std::string& directory : groups.directories()) {
    std::filesystem::create_directories(directory + "/a/b/c");
    std::filesystem::create_directories(directory + "/d");
    if (directory.find("cpuset") == std::string::npos)
      put(directory + "/a/b/c/cgroup.procs", std::to_string(started.pid));
  }
  const auto begin = std::chrono::steady_clock::now();
  kill(started.pid, SIGKILL);
  REQUIRE(world.has_ended());
  CHECK(std::chrono::steady_clock::now() - begin < 3s);
  CHECK(eventually([&] { return groups.directories().empty(); }));
  CHECK(is_gone(started.monitor));
}

TEST_CASE("end: a failed launch removes the groups that it has made, and no other") {
  if (!can_make_containers()) return;
  World world;
  Groups groups(world);
  PlanDraft draft(world.root);
  groups.add_to(draft);
  const std::string& mount_point = groups.host.hierarchies.front().mount_point;
  std::string kept;
  SUBCASE("none was there") {}
  SUBCASE("one was there, empty") {
    kept = mount_point + groups.path;
    std::filesystem::create_directories(kept);
  }
  const Ran ran = run(std::move(draft), {"nosuch"});
  CHECK_FALSE(ran.started);
  CHECK(groups.directories() == (kept.empty() ? std::vector<std::string>{} : std::vector{kept}));
}

TEST_CASE("end: a group with somebody else's processes in it is not taken over") {
  if (!can_make_containers()) return;
  World world;
  Groups groups(world);
  PlanDraft other(world.root);
  groups.add_to(other);
  const Supervised stranger = world.start(std::move(other), "sleep 100");
  PlanDraft draft(world.root);
  groups.add_to(draft);
  const Ran ran = run(std::move(draft), {"true"});
  CHECK_FALSE(ran.started);
  CHECK(ran.error.step == "cgroup-create");
  CHECK(ran.error.number == EBUSY);
  CHECK(ran.error.object.ends_with(groups.path));
  CHECK(kill(stranger.pid, 0) == 0);
  CHECK(groups.directories().size() > 0);
  kill(stranger.pid, SIGKILL);
  CHECK(world.has_ended());
}

TEST_CASE("end: without cgroup.kill each process is killed, in groups below too") {
  if (!can_make_containers()) return;
  World world;
  Groups groups(world);
  auto& hierarchies = groups.host.hierarchies;
  bool is_frozen = false;
  SUBCASE("running") {}
  SUBCASE("frozen") { is_frozen = true; }
  // As on a host that has v1 alone: freezer.state instead of cgroup.freeze, cgroup.procs instead of cgroup.kill.
  std::erase_if(hierarchies, [](const cgroup::Hierarchy& hierarchy) { return hierarchy.is_v2; });
  if (groups.host.find("freezer") == nullptr) {
    REQUIRE_MESSAGE(std::getenv("BULKHEAD_REQUIRE_WORLD") == nullptr, "needs a v1 freezer");
    return;
  }
  PlanDraft draft(world.root);
  groups.add_to(draft);
  // Without a pid namespace of its own the end of the first process does not end the others.
  draft.header.newNamespaces &= ~unsigned{CLONE_NEWPID};
  const Supervised started = world.start(std::move(draft), "sleep 1000 & sleep 1000 & wait");
  CHECK(eventually([&] { return cgroup::processes(groups.host, groups.path).size() == 3; }));
  const std::vector<pid_t> all = cgroup::processes(groups.host, groups.path);
  const std::string freezer = groups.host.find("freezer")->mount_point + groups.path;
  std::filesystem::create_directory(freezer + "/below");
  for (const pid_t pid : all)
    if (pid != started.pid) put(freezer + "/below/cgroup.procs", std::to_string(pid));
  if (is_frozen) put(freezer + "/below/freezer.state", "FROZEN");
  kill(started.pid, SIGKILL);
  REQUIRE(world.has_ended());
  for (const pid_t pid : all) CHECK(is_gone(pid));
  CHECK(eventually([&] { return groups.directories().empty(); }, 10s));
}
