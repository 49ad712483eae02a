#include "container.h"

#include <dirent.h>
#include <doctest.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace bulkhead::test {

namespace fs = std::filesystem;
using plan::MountKind;

bool can_make_containers() {
  const bool can = geteuid() == 0 && access("/bin/busybox", X_OK) == 0;
  if (!can) {
    REQUIRE_MESSAGE(std::getenv("BULKHEAD_REQUIRE_WORLD") == nullptr, "needs root and /bin/busybox");
    MESSAGE("skipped: needs root and /bin/busybox");
  }
  return can;
}

ScratchDirectory::ScratchDirectory() {
  char name[] = "/tmp/bulkhead-init-test-XXXXXX";
  path_ = mkdtemp(name);
  // Other users (a container's root among them) must get through.
  chmod(path_.c_str(), 0755);
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void make_busybox_root(const std::string& path) {
  for (const char* name : {"bin", "etc", "proc", "sys", "dev", "tmp", "root"})
    fs::create_directories(path + "/" + name);
  fs::copy_file("/bin/busybox", path + "/bin/busybox");
  for (const char* name :
       {"sh",  "cat",      "echo",  "id",    "ls", "sleep", "true", "readlink", "stat",  "tty",  "stty", "head", "grep",
        "pwd", "hostname", "touch", "mkdir", "ip", "kill",  "env",  "wc",       "mount", "test", "ps",   "cut"}) {
    fs::create_symlink("busybox", path + "/bin/" + name);
  }
  std::ofstream(path + "/etc/passwd")
      << "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1001:A:/home/alice:/bin/sh\n1234:x:0:0::/:/bin/sh\n";
  std::ofstream(path + "/etc/group") << "root:x:0:\nwheel:x:10:bob,alice\n";
}

PlanDraft::PlanDraft(const std::string& root) {
  header.kind = plan::Kind::kCreate;
  header.newNamespaces = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP;
  header.root.kind = plan::RootKind::kDirectory;
  header.root.directory = text(root);
  header.stdio = plan::StdioMode::kInherit;
  header.monitor.mode = plan::MonitorMode::kLeave;
  header.process.workingDirectory = text("/");
  header.process.flags = plan::kProcessSetGroups;
  add_filesystem("proc", "/proc");
}

plan::Array<plan::Text> PlanDraft::texts(const std::vector<std::string>& contents) {
  std::vector<plan::Text> written;
  for (const std::string& content : contents) written.push_back(text(content));
  return writer.array(written);
}

void PlanDraft::add_filesystem(const char* type, const char* destination,
                               std::vector<std::pair<std::string, std::string>> options) {
  plan::Mount mount{};
  mount.kind = destination == std::string_view("/dev") ? MountKind::kDevTmpfs : MountKind::kFilesystem;
  mount.flags = plan::kMountNoSymlinks;
  mount.type = text(type);
  mount.destination = text(destination);
  std::vector<plan::FsOption> written;
  for (const auto& [key, value] : options) written.push_back({text(key), text(value)});
  mount.options = writer.array(written);
  mounts.push_back(mount);
}

void PlanDraft::add_bind(const std::string& source, const char* destination, uint64_t attributes) {
  plan::Mount mount{};
  mount.kind = MountKind::kBind;
  mount.source = text(source);
  mount.destination = text(destination);
  mount.attributesSet = attributes;
  mounts.push_back(mount);
}

plan::Slot PlanDraft::add_fd(int fd) {
  fds.push_back(fd);
  return static_cast<plan::Slot>(fds.size() - 1);
}

void PlanDraft::use_user_namespace() {
  header.newNamespaces |= CLONE_NEWUSER;
  header.uidMappings = writer.array(std::vector<plan::IdMapping>{{0, 100000, 65536}});
  header.gidMappings = header.uidMappings;
}

std::vector<std::byte> PlanDraft::finish(const std::vector<std::string>& arguments) && {
  header.mounts = writer.array(mounts);
  header.process.arguments = texts(arguments);
  header.process.environment = texts(environment);
  header.slots = static_cast<uint32_t>(fds.size());
  return std::move(writer).finish(header);
}

namespace {

// The container inherits 1 and 2: a pipe for as long as this lives.
class CapturedOutput {
 public:
  CapturedOutput() {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    for (int i = 0; i < 2; i++) saved_[i] = fcntl(i + 1, F_DUPFD_CLOEXEC, 3);
    for (int i = 0; i < 2; i++) dup2(ends[1], i + 1);
    close(ends[1]);
    reader_ = std::thread([this, end = ends[0]] {
      char buffer[4096];
      for (ssize_t n; (n = read(end, buffer, sizeof buffer)) > 0;) content_.append(buffer, static_cast<size_t>(n));
      close(end);
    });
  }
  /** Gives 1 and 2 back; all that was written, once nobody holds the pipe any more. */
  std::string take() {
    restore();
    reader_.join();
    return content_;
  }
  void restore() {
    for (int i = 0; i < 2; i++) {
      if (saved_[i] >= 0) dup2(saved_[i], i + 1), close(std::exchange(saved_[i], -1));
    }
  }

 private:
  int saved_[2];
  std::string content_;
  std::thread reader_;
};

int wait_for(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, 0) != pid) return -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Ran run(PlanDraft&& draft, const std::vector<std::string>& arguments, const std::function<void(pid_t)>& meanwhile) {
  Ran ran;
  LaunchRequest request;
  const std::vector<int> fds = draft.fds;
  request.mode = draft.header.monitor.mode;
  const std::vector<std::byte> bytes = std::move(draft).finish(arguments);
  request.plan = bytes;
  request.fds = fds;
  request.inheritStdio = true;
  request.timeoutMs = 10'000;
  request.steps = &ran.steps;
  CapturedOutput output;
  const auto outcome = launch(request);
  output.restore();
  ran.started = outcome.ok();
  if (ran.started) {
    if (meanwhile) meanwhile(outcome.value().pid);
    ran.status = wait_for(outcome.value().pid);
  } else {
    ran.error = outcome.error();
  }
  ran.output = output.take();
  return ran;
}

Ran run_script(PlanDraft&& draft, const std::string& script) { return run(std::move(draft), {"sh", "-c", script}); }

std::string host_mounts() {
  std::stringstream content;
  content << std::ifstream("/proc/self/mountinfo").rdbuf();
  return content.str();
}

std::vector<std::string> open_descriptors() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace bulkhead::test
