// Config → launch plan: a pure function, so that everything between clone and execve is decided before anything is made.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/cgroup/host.h"
#include "core/cgroup/launch_steps.h"
#include "core/descriptor/unique_fd.h"
#include "core/oci/config.h"
#include "core/plan/plan.h"
#include "core/result.h"

namespace bulkhead {

/** The root as an overlay, instead of `root.path`. */
struct OverlayRoot {
  /** Layer directories, lowest first; absolute. */
  std::vector<std::string> layers;
  std::string upper_directory;
  std::string work_directory;
  /** Over idmapped layers and upper, so that what is on disk keeps unshifted ids. Needs linux.uidMappings. */
  bool id_mapped = false;
  bool no_suid = false;
};

/** A descriptor that replaces the source of `mounts[index]`. */
struct MountSource {
  struct Owner {
    std::uint32_t uid;
    std::uint32_t gid;
  };
  std::size_t index = 0;
  /** Stays the caller's. */
  int fd = -1;
  /** These ids on disk are the container's root, by an idmapped mount. */
  std::optional<Owner> owner;
};

/** Who looks after the process once it runs. Descriptors stay the caller's; -1: none. */
struct Supervision {
  plan::MonitorMode mode = plan::MonitorMode::kStay;
  plan::StdioMode stdio = plan::StdioMode::kPipes;
  // kStay:
  int run_directory = -1;
  std::string socket_name = "monitor.sock";
  std::string exit_name = "exit";
  int log = -1;
  bool open_stdin = false;
  bool wait_for_attach = false;
  // kLeave:
  int console_socket = -1;
  /** As plan::Monitor::startFifo says. */
  int start_fifo = -1;
  /** Become 3, 4, … of the process. */
  std::vector<int> preserved;
};

/** What a process gets beyond the config. */
struct ProcessSettings {
  /** The compiled linux.seccomp; empty: no filter. */
  std::string seccomp_program;
  /** `user[:group]` for the container's own passwd and group files; none: process.user of the config. */
  std::optional<std::string> user;
  /** RLIMIT_… of which one that may not be set (EPERM) is an error; none given: all of process.rlimits. */
  std::optional<std::vector<std::string>> required_rlimits;
  bool new_keyring = true;
  /** False: the launcher is in a user namespace where nobody may change his groups (user_namespaces(7)). */
  bool may_set_groups = true;
  /** A connected unix socket for the descriptor of a filter that notifies; -1: none. Stays the caller's. */
  int seccomp_listener = -1;
  /** What is sent with it; each plan::kPidPlace in it becomes the process's pid. */
  std::string seccomp_message;
  /** Bit n: the caller itself may give capability n (unless the container has a user namespace: there all are). */
  std::uint64_t available_capabilities = ~std::uint64_t{0};
};

struct CreateSettings {
  /** Absolute; where relative paths of the config begin. */
  std::string bundle;
  std::optional<OverlayRoot> overlay;
  std::vector<MountSource> mount_sources;
  /** Of cgroup::group_path. */
  std::string cgroup_path;
  cgroup::GroupOwner cgroup_owner = cgroup::GroupOwner::kLauncher;
  ProcessSettings process;
  Supervision supervision;
  bool no_pivot = false;
  /** The launcher is called before pivot_root (OCI hooks). */
  bool sync_before_pivot = false;
  /** With it: the container's root is to be seen at root.path then. */
  bool root_at_path = false;
  /** The launcher is in a user namespace, where no nodes can be made: those of its own /dev are bound. */
  bool binds_devices = false;
};

struct ExecSettings {
  /** PID 1 of the container, and field 22 of its /proc/<pid>/stat. */
  pid_t pid = 0;
  std::uint64_t start_time_ticks = 0;
  std::string cgroup_path;
  /** Where below it the process goes. */
  cgroup::Subgroups subgroups;
  ProcessSettings process;
  Supervision supervision;
};

/** A descriptor that bulkhead-init inherits: one that is open, or a path to open for it. */
struct SlotSource {
  int fd = -1;
  std::string path;
};

struct LaunchPlan {
  std::vector<std::byte> bytes;
  std::vector<SlotSource> slots;
};

/** Error: step "config", what can't be applied. */
Result<LaunchPlan> build_create_plan(const cgroup::Host& host, const oci::Config& config,
                                     const CreateSettings& settings);

/** `config.process` is what is executed; namespaces are found from the process `pid`. */
Result<LaunchPlan> build_exec_plan(const cgroup::Host& host, const oci::Config& config, const ExecSettings& settings);

/** The descriptors in the order of the slots; those that were opened here are closed with it. */
class OpenedSlots {
 public:
  static Result<OpenedSlots> open(const std::vector<SlotSource>& sources);
  const std::vector<int>& fds() const { return fds_; }

 private:
  std::vector<int> fds_;
  std::vector<UniqueFd> owned_;
};

}  // namespace bulkhead
