// A small container for the tests of bulkhead-init: a busybox root in a scratch directory, and a plan written by hand, so
// that these tests need no config and can say what no config would.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "core/plan/launch.h"
#include "core/plan/plan_writer.h"

namespace bulkhead::test {

/** Whether real containers can be made here: root, /bin/busybox. When not: says so, and fails if BULKHEAD_REQUIRE_WORLD is set. */
bool can_make_containers();

/** mkdtemp below /tmp; removed with all it holds at the end. */
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/** A directory with busybox and its applets' names, /etc/passwd and /etc/group (root; alice 1000:1001 in wheel 10). */
void make_busybox_root(const std::string& path);

class PlanDraft {
 public:
  /** A plan of pid, mnt, ipc, uts, net and cgroup namespaces over `root`, that leaves (MonitorMode::kLeave) and inherits stdio. */
  explicit PlanDraft(const std::string& root);

  plan::Text text(std::string_view content) { return writer.text(content); }
  plan::Array<plan::Text> texts(const std::vector<std::string>& contents);
  void add_filesystem(const char* type, const char* destination,
                      std::vector<std::pair<std::string, std::string>> options = {});
  void add_bind(const std::string& source, const char* destination, uint64_t attributes = 0);
  plan::Slot add_fd(int fd);
  /** Maps the container's 0–65535 to 100000 on. */
  void use_user_namespace();

  std::vector<std::byte> finish(const std::vector<std::string>& arguments) &&;

  plan::PlanWriter writer;
  plan::Plan header{};
  std::vector<plan::Mount> mounts;
  std::vector<int> fds;
  std::vector<std::string> environment = {"PATH=/bin"};
};

/** A pipe's end for standard streams is not enough for a monitor: it keeps log, socket and exit file in `run_directory`. */
struct Supervised {
  pid_t pid;
  pid_t monitor;
  uint64_t start_time_ticks;
};
/** Launches with MonitorMode::kStay; `name`: "<name>.sock", "<name>.exit", "<name>.log". */
Supervised start_supervised(PlanDraft&& draft, const std::string& run_directory, const std::string& name,
                            const std::vector<std::string>& arguments);

/** A client of a monitor (docs/architecture.md, "The monitor's socket"; protocol/streams.ts). */
class MonitorClient {
 public:
  MonitorClient(const std::string& run_directory, const std::string& name);
  ~MonitorClient();
  MonitorClient(const MonitorClient&) = delete;
  MonitorClient& operator=(const MonitorClient&) = delete;
  bool is_connected() const { return is_connected_; }
  /** `command` is "attach …": passes a connection on, whose other end this becomes. `buffer_bytes`: of the monitor's end; 0: as it is. */
  void attach(const std::string& command, int buffer_bytes = 0);
  void send(const std::string& line);
  void send_frame(int type, std::string_view payload);
  /** Up to the newline; what came until the end otherwise. */
  std::string line();
  struct Frame {
    int type = -1;  // -1: the connection has ended
    std::string payload;
  };
  Frame frame();
  /** All frames until Exit; output frames joined into `output`, the rest's types in `types`. */
  std::string output_until_exit(std::string* types = nullptr, int* exit_code = nullptr);
  int fd() const { return fd_; }

 private:
  std::string exactly(size_t size);
  int fd_ = -1;
  bool is_connected_ = false;
};
std::string read_text(const std::string& path);
/** Polls until `condition` holds. */
bool eventually(const std::function<bool()>& condition, std::chrono::seconds limit = std::chrono::seconds(5));

struct Ran {
  bool started = false;
  Error error;
  int status = -1;     // exit code, 128 + signal
  std::string output;  // stdout and stderr
  std::vector<StepRecord> steps;
};
/** Launches a draft and waits for its end. `meanwhile` runs once it is started (or created). */
Ran run(PlanDraft&& draft, const std::vector<std::string>& arguments, const std::function<void(pid_t)>& meanwhile = {});
/** `sh -c script`. */
Ran run_script(PlanDraft&& draft, const std::string& script);

/** Lines of this process's own mount table, and the names in /proc/self/fd: for leak checks. */
std::string host_mounts();
std::vector<std::string> open_descriptors();

}  // namespace bulkhead::test
