// Namespaces that are joined by path: of another container, or, which must do no harm, the host's.
#include <doctest.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "container.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

/** Open namespaces of a process, to be joined by a draft. */
class Joins {
 public:
  explicit Joins(pid_t pid) : pid_(pid) {}
  ~Joins() {
    for (const int fd : opened_) close(fd);
  }
  Joins(const Joins&) = delete;
  Joins& operator=(const Joins&) = delete;
  void add(PlanDraft& draft, const char* name, int flag) {
    opened_.push_back(open(("/proc/" + std::to_string(pid_) + "/ns/" + name).c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(opened_.back() >= 0);
    draft.header.newNamespaces &= ~static_cast<uint32_t>(flag);
    joins_.push_back({static_cast<uint32_t>(flag), draft.add_fd(opened_.back())});
    draft.header.joinNamespaces = draft.writer.array(joins_);
  }

 private:
  pid_t pid_;
  std::vector<int> opened_;
  std::vector<plan::NamespaceJoin> joins_;
};

PlanDraft in_user_namespace(const std::string& root) {
  PlanDraft draft(root);
  draft.use_user_namespace();
  draft.header.root.isIdMapped = 1;
  draft.add_filesystem("tmpfs", "/dev", {{"mode", "755"}});
  draft.add_filesystem("devpts", "/dev/pts", {{"mode", "0620"}, {"ptmxmode", "0666"}});
  return draft;
}

}  // namespace

TEST_CASE("namespaces: a user namespace that is joined has the new ones, mounts of its own among them") {
  if (!can_make_containers()) return;
  ScratchDirectory scratch;
  const std::string root = scratch / "root";
  make_busybox_root(root);
  const std::string before = host_mounts();
  const Ran outer = run(in_user_namespace(root), {"sleep", "100"}, [&](pid_t pid) {
    Joins joins(pid);
    PlanDraft draft = in_user_namespace(root);
    joins.add(draft, "user", CLONE_NEWUSER);
    bool has_its_network = false, has_its_pids = false;
    SUBCASE("alone") {}
    SUBCASE("with the network namespace") { has_its_network = true; }
    SUBCASE("with the pid namespace") { has_its_pids = true; }
    if (has_its_network) joins.add(draft, "net", CLONE_NEWNET);
    if (has_its_pids) joins.add(draft, "pid", CLONE_NEWPID);
    draft.header.hostname = draft.text("second");
    draft.add_filesystem("tmpfs", "/mnt");
    const Ran inner = run_script(std::move(draft),
                                 "readlink /proc/self/ns/user; readlink /proc/self/ns/net; hostname; echo $$; id -u; "
                                 "grep -c ' /mnt ' /proc/self/mountinfo; stat -c %u /etc/passwd; touch /made; "
                                 "ls /proc/self/fd | wc -l");
    CAPTURE(inner.error.step + " " + inner.error.object + " " + std::to_string(inner.error.number));
    REQUIRE(inner.started);
    CHECK(inner.status == 0);
    const auto link = [pid](const char* name) {
      return std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/ns/" + name).string();
    };
    const std::string user = inner.output.substr(0, inner.output.find('\n'));
    CHECK(user == link("user"));
    CHECK((inner.output.find(link("net")) != std::string::npos) == has_its_network);
    const std::string rest = inner.output.substr(inner.output.find("second"));
    CHECK((rest.starts_with("second\n1\n")) == !has_its_pids);
    CHECK(rest.ends_with("\n0\n1\n0\n4\n"));
    kill(pid, SIGKILL);
  });
  CHECK(outer.status == 128 + SIGKILL);
  CHECK(host_mounts() == before);
}

TEST_CASE("namespaces: a failure inside a user namespace that is joined comes back, and leaves nothing") {
  if (!can_make_containers()) return;
  ScratchDirectory scratch;
  const std::string root = scratch / "root";
  make_busybox_root(root);
  const Ran outer = run(in_user_namespace(root), {"sleep", "100"}, [&](pid_t pid) {
    Joins joins(pid);
    PlanDraft draft = in_user_namespace(root);
    joins.add(draft, "user", CLONE_NEWUSER);
    const Ran inner = run(std::move(draft), {"nosuch"});
    CHECK_FALSE(inner.started);
    CHECK(inner.error.step == "lookup");
    CHECK(inner.error.object == "nosuch");
    kill(pid, SIGKILL);
  });
  CHECK(outer.started);
}

TEST_CASE("namespaces: what belongs to a namespace is not written into the host's") {
  if (!can_make_containers()) return;
  ScratchDirectory scratch;
  const std::string root = scratch / "root";
  make_busybox_root(root);
  utsname before{};
  uname(&before);
  PlanDraft draft(root);
  Joins joins(getpid());
  std::string object;
  SUBCASE("host name") {
    joins.add(draft, "uts", CLONE_NEWUTS);
    draft.header.hostname = draft.text(object = "not-the-hosts");
  }
  SUBCASE("domain name") {
    joins.add(draft, "uts", CLONE_NEWUTS);
    draft.header.domainname = draft.text(object = "not-the-hosts");
  }
  SUBCASE("a setting of the network") {
    joins.add(draft, "net", CLONE_NEWNET);
    object = "net/ipv4/ip_default_ttl";
    draft.header.sysctls = draft.writer.array(std::vector<plan::Sysctl>{{draft.text(object), draft.text("77")}});
  }
  SUBCASE("a setting of System V and POSIX IPC") {
    joins.add(draft, "ipc", CLONE_NEWIPC);
    object = "kernel/shmmni";
    draft.header.sysctls = draft.writer.array(std::vector<plan::Sysctl>{{draft.text(object), draft.text("777")}});
  }
  const Ran ran = run(std::move(draft), {"true"});
  CHECK_FALSE(ran.started);
  CHECK(ran.error.step == "namespace");
  CHECK(ran.error.number == EPERM);
  CHECK(ran.error.object == object);
  utsname after{};
  uname(&after);
  CHECK(std::string(after.nodename) == before.nodename);
  CHECK(std::string(after.domainname) == before.domainname);
  CHECK(read_text("/proc/sys/kernel/shmmni") != "777\n");
}

TEST_CASE("namespaces: the host's may be joined where nothing is written into them") {
  if (!can_make_containers()) return;
  ScratchDirectory scratch;
  const std::string root = scratch / "root";
  make_busybox_root(root);
  PlanDraft draft(root);
  Joins joins(getpid());
  joins.add(draft, "net", CLONE_NEWNET);
  draft.header.hostname = draft.text("own");
  CHECK(run_script(std::move(draft), "hostname").output == "own\n");
}
