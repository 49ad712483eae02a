// The ways for older kernels, each forced: a seccomp filter on the launching thread makes the newer way fail as it fails
// there. What is launched from the thread inherits the filter.
#include <doctest.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <thread>

#include "container.h"
#include "core/plan/sealed_memfd.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

constexpr unsigned kSetFd = 5;                     // FSCONFIG_SET_FD
constexpr unsigned kCreate = 6;                    // FSCONFIG_CMD_CREATE
constexpr unsigned kMemfdFlags = 0x0010 | 0x0008;  // MFD_EXEC, MFD_NOEXEC_SEAL
constexpr unsigned kSealExec = 0x0020;             // F_SEAL_EXEC
constexpr int kNumber = offsetof(seccomp_data, nr);
constexpr int argument(int index) { return static_cast<int>(offsetof(seccomp_data, args)) + 8 * index; }

sock_filter load(int offset) { return {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<unsigned>(offset)}; }
sock_filter unless_equal(unsigned value, int skip) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 0, static_cast<unsigned char>(skip), value};
}
sock_filter unless_any_bit(unsigned value, int skip) {
  return {BPF_JMP | BPF_JSET | BPF_K, 0, static_cast<unsigned char>(skip), value};
}
sock_filter answer(unsigned value) { return {BPF_RET | BPF_K, 0, 0, value}; }
unsigned error(int number) { return SECCOMP_RET_ERRNO | static_cast<unsigned>(number); }

/** On this thread, for good. The listener's descriptor, when the flags ask for one. */
int install(std::vector<sock_filter> filter, unsigned flags = 0) {
  filter.push_back(answer(SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  REQUIRE(result >= 0);
  return static_cast<int>(result);
}

/** Answers the first call of bulkhead-init that a filter hands over with an error, and lets the others through. */
class FirstFails {
 public:
  /** Before the filter is there: its thread must not need an answer itself. */
  explicit FirstFails(int number) : thread_([this, number] { serve(number); }) {}
  ~FirstFails() {
    is_over_ = true;
    thread_.join();
    close(listener_);
  }
  FirstFails(const FirstFails&) = delete;
  FirstFails& operator=(const FirstFails&) = delete;
  void listen_at(int listener) { listener_ = listener; }
  int calls() const { return calls_; }

 private:
  void serve(int number) {
    while (!is_over_) {
      pollfd ready{listener_, POLLIN, 0};
      if (poll(&ready, 1, 20) <= 0 || (ready.revents & POLLIN) == 0) continue;
      seccomp_notif call{};
      if (ioctl(listener_, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) continue;
      const bool is_ours = read_text("/proc/" + std::to_string(call.pid) + "/comm") == "bulkhead-init\n";
      seccomp_notif_resp reply{};
      reply.id = call.id;
      if (is_ours && calls_++ == 0)
        reply.error = -number;
      else
        reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
      ioctl(listener_, SECCOMP_IOCTL_NOTIF_SEND, &reply);
    }
  }
  std::atomic<int> listener_ = -1;
  std::atomic<bool> is_over_ = false;
  std::atomic<int> calls_ = 0;
  std::thread thread_;
};

/** A thread takes its filter with it. */
void on_thread(const std::function<void()>& act) { std::thread(act).join(); }

struct World {
  ScratchDirectory scratch;
  std::string root = scratch / "root";
  World() {
    make_busybox_root(root);
    for (const char* name : {"run", "upper", "work"}) std::filesystem::create_directory(scratch / name);
  }
};

}  // namespace

TEST_CASE("fallback: an overlay of idmapped layers where they must be attached (before 6.15)") {
  if (!can_make_containers()) return;
  World world;
  const std::string before = host_mounts();
  on_thread([&] {
    FirstFails kernel(EINVAL);
    kernel.listen_at(install({load(kNumber), unless_equal(SYS_fsconfig, 3), load(argument(1)), unless_equal(kCreate, 1),
                              answer(SECCOMP_RET_USER_NOTIF)},
                             SECCOMP_FILTER_FLAG_NEW_LISTENER));
    PlanDraft draft(world.root);
    draft.header.root.kind = plan::RootKind::kOverlay;
    draft.header.root.directory = {};
    draft.header.root.layers = draft.texts({world.root});
    draft.header.root.upperDirectory = draft.text(world.scratch / "upper");
    draft.header.root.workDirectory = draft.text(world.scratch / "work");
    draft.use_user_namespace();
    draft.header.root.isIdMapped = 1;
    const Ran ran = run_script(std::move(draft), "touch /made && stat -c %u /made /etc/passwd");
    CAPTURE(ran.error.step + " " + ran.error.object);
    CHECK(ran.output == "0\n0\n");
    CHECK(kernel.calls() >= 2);
  });
  struct stat made {};
  REQUIRE(stat((world.scratch / "upper/made").c_str(), &made) == 0);
  CHECK(made.st_uid == 0);
  CHECK(host_mounts() == before);
}

TEST_CASE("fallback: the procfs of a pid namespace that is joined, without the option pidns (before 6.17)") {
  if (!can_make_containers()) return;
  World world;
  const Ran outer = run(PlanDraft(world.root), {"sleep", "100"}, [&](pid_t pid) {
    const int joined = open(("/proc/" + std::to_string(pid) + "/ns/pid").c_str(), O_RDONLY | O_CLOEXEC);
    on_thread([&] {
      install({load(kNumber), unless_equal(SYS_fsconfig, 3), load(argument(1)), unless_equal(kSetFd, 1),
               answer(error(EINVAL))});
      PlanDraft draft(world.root);
      draft.header.newNamespaces &= ~static_cast<uint32_t>(CLONE_NEWPID);
      draft.header.joinNamespaces =
          draft.writer.array(std::vector<plan::NamespaceJoin>{{CLONE_NEWPID, draft.add_fd(joined)}});
      const Ran inner =
          run_script(std::move(draft), "head -c 5 /proc/1/cmdline; readlink /proc/self > /dev/null && echo +self");
      CAPTURE(inner.error.step + " " + inner.error.object);
      CHECK(inner.output.starts_with("sleep"));
    });
    close(joined);
    kill(pid, SIGKILL);
  });
  CHECK(outer.status == 128 + SIGKILL);
}

TEST_CASE("fallback: memory files without the flags and the seal of 6.3") {
  on_thread([] {
    install({load(kNumber), unless_equal(SYS_memfd_create, 3), load(argument(1)), unless_any_bit(kMemfdFlags, 1),
             answer(error(EINVAL))});
    install({load(kNumber), unless_equal(SYS_fcntl, 5), load(argument(1)), unless_equal(F_ADD_SEALS, 3),
             load(argument(2)), unless_any_bit(kSealExec, 1), answer(error(EINVAL))});
    const std::byte content[] = {std::byte{'x'}};
    for (const MemfdUse use : {MemfdUse::kData, MemfdUse::kExecutable}) {
      const auto made = make_sealed_memfd("test", content, use);
      REQUIRE(made.ok());
      CHECK(fcntl(made.value().get(), F_GET_SEALS) == (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
      CHECK(write(made.value().get(), "y", 1) == -1);
      CHECK(faccessat(made.value().get(), "", X_OK, AT_EMPTY_PATH) == 0);
    }
  });
}

TEST_CASE("fallback: a container is launched from memory files without them") {
  if (!can_make_containers()) return;
  World world;
  on_thread([&] {
    install({load(kNumber), unless_equal(SYS_memfd_create, 3), load(argument(1)), unless_any_bit(kMemfdFlags, 1),
             answer(error(EINVAL))});
    CHECK(run_script(PlanDraft(world.root), "echo here").output == "here\n");
  });
}

TEST_CASE("fallback: a chroot on hosts where pivot_root has nothing to turn (an initramfs)") {
  if (!can_make_containers()) return;
  World world;
  on_thread([&] {
    // As there: EINVAL.
    install({load(kNumber), unless_equal(SYS_pivot_root, 1), answer(error(EINVAL))});
    CHECK_FALSE(run(PlanDraft(world.root), {"true"}).started);
    PlanDraft draft(world.root);
    draft.header.flags |= plan::kPlanNoPivot;
    draft.header.root.attributes = MOUNT_ATTR_RDONLY;
    const Ran ran = run_script(std::move(draft), "ls /etc/passwd; touch /x 2>&1 | grep -c Read-only; pwd");
    CAPTURE(ran.error.step + " " + ran.error.object);
    CHECK(ran.output == "/etc/passwd\n1\n/\n");
  });
}

TEST_CASE("fallback: an exec goes where the container's process is, when the container's own group takes none (v2)") {
  if (!can_make_containers()) return;
  World world;
  const Supervised container = start_supervised(PlanDraft(world.root), world.scratch / "run", "main", {"sleep", "100"});
  const std::string unified =
      std::filesystem::exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
  const std::string group = unified + "/bulkhead-fallback-test-" + std::to_string(getpid());
  std::filesystem::create_directories(group + "/below");
  {
    const int procs = open((group + "/below/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
    const std::string pid = std::to_string(container.pid);
    REQUIRE(write(procs, pid.data(), pid.size()) > 0);
    close(procs);
  }
  on_thread([&] {
    // What a group answers that hands controllers down: EBUSY, to the clone into it.
    FirstFails kernel(EBUSY);
    kernel.listen_at(install({load(kNumber), unless_equal(SYS_clone3, 1), answer(SECCOMP_RET_USER_NOTIF)},
                             SECCOMP_FILTER_FLAG_NEW_LISTENER));
    PlanDraft draft(world.root);
    draft.mounts.clear();
    draft.header.kind = plan::Kind::kExec;
    draft.header.newNamespaces = 0;
    draft.header.target = {static_cast<uint32_t>(container.pid), 1, container.start_time_ticks};
    draft.header.cgroupSteps = draft.writer.array(
        std::vector<plan::CgroupStep>{{plan::CgroupOp::kJoinV2, 0, draft.text(group), draft.text(unified)}});
    const Ran ran = run_script(std::move(draft), "grep ^0:: /proc/self/cgroup; true");
    CAPTURE(ran.error.step + " " + ran.error.object);
    CHECK(ran.started);
    CHECK(ran.output.find("/below\n") != std::string::npos);
  });
  kill(container.pid, SIGKILL);
  CHECK(eventually([&] { return rmdir((group + "/below").c_str()) == 0; }));
  CHECK(rmdir(group.c_str()) == 0);
}
