// What is kept of a container between two commands: <root>/<id>/ with state.json, config.json (as it was at creation) and,
// until start, the FIFO start. Written before anything else of a container is made, so that delete --force always knows.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/cgroup/host.h"
#include "core/result.h"
#include "runtime/environment.h"

namespace bulkhead::runtime {

struct ContainerState {
  std::string id;
  /** 0 until the process exists. */
  pid_t pid = 0;
  std::uint64_t start_time_ticks = 0;
  std::string bundle;
  std::string rootfs;
  std::string cgroup_path;
  /** The scope that systemd has made around it; empty: its group was made directly. */
  std::string systemd_unit;
  /** RFC 3339. */
  std::string created;
  std::map<std::string, std::string> annotations;
};

enum class Status { kCreating, kCreated, kRunning, kPaused, kStopped };
const char* status_name(Status status);

class StateDirectory {
 public:
  /** Error: an id that is no file name ("invalid container ID format"). */
  static Result<StateDirectory> of(const Environment& environment, const std::string& id);

  const std::string& path() const { return path_; }
  std::string config_path() const { return path_ + "/config.json"; }
  std::string fifo_path() const { return path_ + "/start"; }

  /** mkdir; error when the id is taken. */
  Result<void> make(const std::string& root) const;
  Result<void> save(const ContainerState& state) const;
  /** Error: "container does not exist". */
  Result<ContainerState> load() const;
  /** Whatever is there of it; nothing is no error. */
  void remove() const;

 private:
  explicit StateDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/** Asks the kernel: the process, the FIFO, the freezer. */
Status status_of(const StateDirectory& directory, const ContainerState& state, const cgroup::Host& host);
/** The same where nothing else needs the host's cgroups: they are looked at only for a process that runs. */
Status status_of(const StateDirectory& directory, const ContainerState& state);

/** Whether that very process runs (a zombie has ended). */
bool is_alive(pid_t pid, std::uint64_t start_time_ticks);

/** Ids of all containers of `root`, sorted. */
std::vector<std::string> container_ids(const std::string& root);

/** Loads the state of the container that the command names. */
struct Found {
  StateDirectory directory;
  ContainerState state;
};
Result<Found> find_container(const Environment& environment, const std::string& id);

/** What state.json holds. */
std::string saved_json(const ContainerState& state);
/** None: it is not such a text. */
std::optional<ContainerState> parse_saved_json(const std::string& text);

/** The state as the runtime-spec has it, for `state`, `list` and hooks. */
std::string state_json(const ContainerState& state, Status status);

}  // namespace bulkhead::runtime
