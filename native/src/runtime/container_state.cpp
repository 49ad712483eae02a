#include "runtime/container_state.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/cgroup/control.h"
#include "core/descriptor/process.h"
#include "core/linux/files.h"
#include "runtime/container_groups.h"
#include "runtime/messages.h"

namespace bulkhead::runtime {
namespace {

bool is_valid_id(const std::string& id) {
  if (id.empty() || id == "." || id == ".." || id.size() > 1024) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '-' || c == '.' || c == ',';
  });
}

/** Missing parents too; 0700, for configurations hold secrets. */
Result<void> make_root(const std::string& root) {
  for (std::size_t slash = root.find('/', 1);; slash = root.find('/', slash + 1)) {
    const std::string path = root.substr(0, slash);
    if (mkdir(path.c_str(), slash == std::string::npos ? 0700 : 0755) != 0 && errno != EEXIST)
      return make_error("state", errno, path);
    if (slash == std::string::npos) return {};
  }
}

}  // namespace

Result<StateDirectory> StateDirectory::of(const Environment& environment, const std::string& id) {
  if (!is_valid_id(id)) return plain_error("invalid container ID format: " + id);
  return StateDirectory(environment.root + "/" + id);
}

Result<void> StateDirectory::make(const std::string& root) const {
  if (mkdir(path_.c_str(), 0700) == 0) return {};
  if (errno == ENOENT) {
    BULKHEAD_TRY(make_root(root));
    if (mkdir(path_.c_str(), 0700) == 0) return {};
  }
  if (errno == EEXIST) return plain_error("container with given ID already exists");
  return make_error("state", errno, path_);
}

Result<void> StateDirectory::save(const ContainerState& state) const {
  return replace_file(path_ + "/state.json", saved_json(state), 0600, "state");
}

Result<ContainerState> StateDirectory::load() const {
  if (!path_exists(path_)) return plain_error("container does not exist");
  auto text = read_file(path_ + "/state.json");
  // Ended between mkdir and the first save: there is the directory and nothing else.
  if (!text.ok() && text.error().number == ENOENT) {
    ContainerState state;
    state.id = path_.substr(path_.rfind('/') + 1);
    return state;
  }
  if (!text.ok()) return text.error();
  auto state = parse_saved_json(text.value());
  if (!state) return make_error("state", EINVAL, path_ + "/state.json");
  return std::move(*state);
}

void StateDirectory::remove() const {
  for (const char* name : {"/start", "/config.json", "/state.json"}) unlink((path_ + name).c_str());
  // A save that was cut off leaves its temporary file.
  if (rmdir(path_.c_str()) == 0 || errno != ENOTEMPTY) return;
  for (const std::string& name : file_names(path_)) unlink((path_ + "/" + name).c_str());
  rmdir(path_.c_str());
}

bool is_alive(pid_t pid, std::uint64_t start_time_ticks) {
  if (pid <= 0) return false;
  const auto ticks = bulkhead::start_time_ticks(pid);
  return ticks.ok() && (start_time_ticks == 0 || ticks.value() == start_time_ticks);
}

namespace {

/** None: there is a process, which runs or is frozen. */
std::optional<Status> status_without_freezer(const StateDirectory& directory, const ContainerState& state) {
  // Without a process it is being made, or its creation was cut off: which of the two nobody can tell.
  if (state.pid == 0) return Status::kCreating;
  if (!is_alive(state.pid, state.start_time_ticks)) return Status::kStopped;
  if (path_exists(directory.fifo_path())) return Status::kCreated;
  return std::nullopt;
}

}  // namespace

Status status_of(const StateDirectory& directory, const ContainerState& state, const cgroup::Host& host) {
  if (const auto status = status_without_freezer(directory, state)) return *status;
  return cgroup::is_frozen(host, state.cgroup_path) ? Status::kPaused : Status::kRunning;
}

Status status_of(const StateDirectory& directory, const ContainerState& state) {
  if (const auto status = status_without_freezer(directory, state)) return *status;
  const auto host = host_of(state);
  return host.ok() ? status_of(directory, state, host.value()) : Status::kRunning;
}

std::vector<std::string> container_ids(const std::string& root) {
  std::vector<std::string> ids = subdirectories(root);
  std::sort(ids.begin(), ids.end());
  return ids;
}

Result<Found> find_container(const Environment& environment, const std::string& id) {
  StateDirectory directory = BULKHEAD_TRY(StateDirectory::of(environment, id));
  ContainerState loaded = BULKHEAD_TRY(directory.load());
  return Found{std::move(directory), std::move(loaded)};
}

}  // namespace bulkhead::runtime
