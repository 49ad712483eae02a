// The freezer: v2's file where there is a v2 group, else v1's controller.
#include <cerrno>

#include "core/cgroup/control.h"
#include "core/cgroup/waiting.h"
#include "core/linux/files.h"

namespace bulkhead::cgroup {
namespace {

constexpr int kFreezeDeadlineMs = 2000;

/** The v2 group's directory, when it is there and can freeze; else empty. */
std::string v2_group(const Host& host, const std::string& path) {
  const Hierarchy* unified = host.unified();
  if (unified == nullptr) return {};
  std::string directory = unified->mount_point + path;
  return path_exists(directory + "/cgroup.freeze") ? directory : std::string();
}

std::string v1_freezer(const Host& host, const std::string& path) {
  const Hierarchy* freezer = host.find("freezer");
  if (freezer == nullptr || freezer->is_v2) return {};
  std::string directory = freezer->mount_point + path;
  return path_exists(directory + "/freezer.state") ? directory : std::string();
}

Result<void> freeze_v2(const Host& host, const std::string& directory, bool frozen) {
  BULKHEAD_TRY(write_file(directory + "/cgroup.freeze", frozen ? "1" : "0", "cgroup-freeze"));
  const std::string wanted = frozen ? "frozen 1" : "frozen 0";
  const bool done = wait_until(
      kFreezeDeadlineMs, [&] { return host.read(directory + "/cgroup.events").find(wanted) != std::string::npos; });
  if (done) return {};
  // Not half-frozen: what has stopped goes on, as after an error of v1's.
  (void)write_file(directory + "/cgroup.freeze", "0", "cgroup-freeze");
  return make_error("cgroup-freeze", ETIMEDOUT, directory);
}

Result<void> freeze_v1(const Host& host, const std::string& directory, bool frozen) {
  const std::string file = directory + "/freezer.state";
  const std::string wanted = frozen ? "FROZEN" : "THAWED";
  BULKHEAD_TRY(write_file(file, wanted, "cgroup-freeze"));
  // A group may stay FREEZING while tasks come and go: writing again makes the kernel look again.
  const bool done = wait_until(kFreezeDeadlineMs, [&] {
    if (host.read(file).starts_with(wanted)) return true;
    (void)write_file(file, wanted, "cgroup-freeze");
    return false;
  });
  if (done) return {};
  (void)write_file(file, "THAWED", "cgroup-freeze");
  return make_error("cgroup-freeze", ETIMEDOUT, directory);
}

void thaw_tree(const std::string& directory) {
  (void)write_file(directory + "/freezer.state", "THAWED", "cgroup-freeze");
  for (const std::string& name : subdirectories(directory)) thaw_tree(directory + "/" + name);
}

}  // namespace

void thaw_all(const Host& host, const std::string& path) {
  if (is_frozen(host, path)) (void)freeze(host, path, false);
  if (const std::string directory = v1_freezer(host, path); !directory.empty()) thaw_tree(directory);
}

Result<void> freeze(const Host& host, const std::string& path, bool frozen) {
  if (const std::string directory = v2_group(host, path); !directory.empty()) return freeze_v2(host, directory, frozen);
  if (const std::string directory = v1_freezer(host, path); !directory.empty())
    return freeze_v1(host, directory, frozen);
  return make_error("cgroup-freeze", ENOENT, path);
}

bool is_frozen(const Host& host, const std::string& path) {
  if (const std::string directory = v2_group(host, path); !directory.empty())
    return host.read(directory + "/cgroup.freeze").starts_with('1');
  if (const std::string directory = v1_freezer(host, path); !directory.empty())
    return !host.read(directory + "/freezer.state").starts_with("THAWED");
  return false;
}

}  // namespace bulkhead::cgroup
