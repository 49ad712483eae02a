// Freezing and killing groups: what is taken back when it fails, who is signalled, and how without the newer kernel's files.
#include "core/cgroup/control.h"

#include <doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../init/container.h"

using namespace bulkhead;
using bulkhead::test::can_make_containers;
using bulkhead::test::read_text;
using bulkhead::test::ScratchDirectory;

namespace {

void put(const std::string& file, const std::string& text) { std::ofstream(file) << text << std::flush; }

/** Real groups with a sleeping process in them, in the hierarchies that `host` has. */
struct Group {
  cgroup::Host host;
  std::string path;
  pid_t pid = 0;

  Group(cgroup::Host where, const std::string& below) : host(std::move(where)) {
    const std::string top = "/bulkhead-control-test-" + std::to_string(getpid());
    path = top + "/group";
    pid = fork();
    if (pid == 0) {
      execl("/bin/sleep", "sleep", "100", nullptr);
      _exit(1);
    }
    for (const auto& hierarchy : host.hierarchies) {
      const std::string directory = hierarchy.mount_point + path + below;
      if (hierarchy.has("cpuset")) continue;
      std::filesystem::create_directories(directory);
      put(directory + "/cgroup.procs", std::to_string(pid));
    }
  }
  ~Group() {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    const auto removed = cgroup::remove(host, path.substr(0, path.rfind('/')));
    CHECK_MESSAGE(removed.ok(), removed.error().object);
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  int end() {
    int status = 0;
    const pid_t ended = waitpid(pid, &status, WNOHANG);
    return ended == pid && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }
};

cgroup::Host v1_of(cgroup::Host host) {
  std::erase_if(host.hierarchies, [](const cgroup::Hierarchy& hierarchy) { return hierarchy.is_v2; });
  return host;
}

}  // namespace

TEST_CASE("cgroup: a freeze that does not come about is taken back") {
  ScratchDirectory scratch;
  cgroup::Host host;
  host.hierarchies.push_back({scratch.path(), true, {}});
  host.read = [](const std::string& path) { return read_text(path); };
  std::filesystem::create_directory(scratch / "group");
  put(scratch / "group/cgroup.freeze", "0");
  put(scratch / "group/cgroup.events", "populated 1\nfrozen 0\n");
  const auto frozen = cgroup::freeze(host, "/group", true);
  REQUIRE_FALSE(frozen.ok());
  CHECK(frozen.error().number == ETIMEDOUT);
  CHECK(read_text(scratch / "group/cgroup.freeze") == "0");
}

TEST_CASE("cgroup: a signal for all comes to each, in groups below too") {
  if (!can_make_containers()) return;
  Group group(cgroup::probe_host().take(), "/below");
  REQUIRE(cgroup::signal_all(group.host, group.path, 0).ok());
  CHECK(group.end() == 0);
  REQUIRE(cgroup::signal_all(group.host, group.path, SIGTERM).ok());
  int status = 0;
  CHECK(waitpid(group.pid, &status, 0) == group.pid);
  CHECK(WTERMSIG(status) == SIGTERM);
}

TEST_CASE("cgroup: killing all needs neither cgroup.kill nor cgroup.freeze") {
  if (!can_make_containers()) return;
  cgroup::Host host = v1_of(cgroup::probe_host().take());
  if (host.find("freezer") == nullptr) {
    REQUIRE_MESSAGE(std::getenv("BULKHEAD_REQUIRE_WORLD") == nullptr, "needs a v1 freezer");
    return;
  }
  std::string below;
  bool is_frozen = false;
  SUBCASE("running") {}
  SUBCASE("frozen") { is_frozen = true; }
  SUBCASE("frozen in a group below") { below = "/below", is_frozen = true; }
  Group group(host, below);
  if (is_frozen) REQUIRE(cgroup::freeze(group.host, group.path + below, true).ok());
  // Its zombie counts no more: it is this process's child, and nobody reaps it meanwhile.
  const auto killed = cgroup::kill_all(group.host, group.path);
  CHECK_MESSAGE(killed.ok(), killed.error().step);
  CHECK(group.end() == SIGKILL);
  CHECK_FALSE(cgroup::is_frozen(group.host, group.path + below));
}
