#include "core/cgroup/host.h"

#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/linux/files.h"

namespace bulkhead::cgroup {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    const std::string_view part = text.substr(0, end);
    if (!part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

constexpr std::array<std::string_view, 14> kV1Controllers = {"cpu",      "cpuacct", "cpuset",     "memory",  "pids",
                                                             "blkio",    "devices", "freezer",    "hugetlb", "net_cls",
                                                             "net_prio", "rdma",    "perf_event", "misc"};

/** The super options of a v1 mount name its controllers, among others such as "rw" and "xattr". */
std::vector<std::string> v1_controllers(std::string_view super_options) {
  std::vector<std::string> controllers;
  for (const std::string_view option : split(super_options, ',')) {
    const bool known = std::find(kV1Controllers.begin(), kV1Controllers.end(), option) != kV1Controllers.end();
    if (known || option.starts_with("name=")) controllers.emplace_back(option);
  }
  return controllers;
}

/** proc(5): "36 35 98:0 /root /mount/point options [fields] - type source super-options". */
void add_hierarchy(std::string_view line, Host& host) {
  const auto dash = line.find(" - ");
  if (dash == std::string_view::npos) return;
  const auto before = split(line.substr(0, dash), ' ');
  const auto after = split(line.substr(dash + 3), ' ');
  if (before.size() < 6 || after.size() < 3 || !after[0].starts_with("cgroup")) return;
  Hierarchy hierarchy;
  hierarchy.mount_point = before[4];
  hierarchy.is_v2 = after[0] == "cgroup2";
  if (hierarchy.is_v2) {
    // In a variable: the loop would outlive a temporary.
    const std::string enabled = host.read(hierarchy.mount_point + "/cgroup.controllers");
    for (const auto controller : split(enabled, ' '))
      hierarchy.controllers.emplace_back(controller.substr(0, controller.find('\n')));
  } else {
    hierarchy.controllers = v1_controllers(after[2]);
  }
  // The same hierarchy may be mounted several times (in roots of containers): the first is the host's own.
  for (const Hierarchy& known : host.hierarchies)
    if (known.is_v2 == hierarchy.is_v2 && (known.is_v2 || known.controllers == hierarchy.controllers)) return;
  host.hierarchies.push_back(std::move(hierarchy));
}

/** The v2 path of this process: the line "0::/path". */
std::string own_v2_path(std::string_view own_cgroup) {
  for (const std::string_view line : split(own_cgroup, '\n'))
    if (line.starts_with("0::/")) return std::string(line.substr(3));
  return {};
}

/** systemd marks the groups that it has handed over (Delegate=yes): as an xattr of the directory. */
bool is_delegated(const std::string& directory) {
  for (const char* name : {"trusted.delegate", "user.delegate"}) {
    char value = 0;
    if (getxattr(directory.c_str(), name, &value, 1) == 1 && value == '1') return true;
  }
  return false;
}

/**
 * The group of the service that is there for our containers alone, beside our own: "…/x-containers.service" for "…/x.service".
 * Once a group hands controllers down, no process can enter it any more, so systemd could not start our own service again in
 * a group with containers below it. (DelegateSubgroup= is for that, from systemd 254 on.)
 */
std::string containers_service(const std::string& own) {
  constexpr std::string_view kService = ".service";
  const auto end = own.rfind(kService);
  return end == std::string::npos ? std::string() : own.substr(0, end) + "-containers.service";
}

/**
 * Below the group that systemd has delegated to this service: its own, or the one above (DelegateSubgroup=). Not further up:
 * a user's service manager is delegated to that manager, not to us.
 */
std::string delegated_root(const Hierarchy& unified, std::string own) {
  if (own.empty() || own == "/") return {};
  if (std::string beside = containers_service(own); !beside.empty() && is_delegated(unified.mount_point + beside))
    return beside;
  if (is_delegated(unified.mount_point + own)) return own;
  own.resize(own.rfind('/'));
  return !own.empty() && is_delegated(unified.mount_point + own) ? own : std::string();
}

}  // namespace

bool Hierarchy::has(std::string_view controller) const {
  return std::find(controllers.begin(), controllers.end(), controller) != controllers.end();
}

const Hierarchy* Host::find(std::string_view controller) const {
  for (const Hierarchy& hierarchy : hierarchies)
    if (hierarchy.has(controller)) return &hierarchy;
  // v2 calls it by another name.
  if (controller == "blkio") return find("io");
  return nullptr;
}

const Hierarchy* Host::unified() const {
  for (const Hierarchy& hierarchy : hierarchies)
    if (hierarchy.is_v2) return &hierarchy;
  return nullptr;
}

Mode Host::mode() const {
  if (unified() == nullptr) return Mode::kV1;
  const bool has_v1 = std::any_of(hierarchies.begin(), hierarchies.end(), [](const Hierarchy& hierarchy) {
    return !hierarchy.is_v2 && !hierarchy.controllers.empty() && !hierarchy.controllers.front().starts_with("name=");
  });
  return has_v1 ? Mode::kHybrid : Mode::kV2;
}

Host parse_host(std::string_view mountinfo, std::string_view own_cgroup,
                std::function<std::string(const std::string&)> read) {
  Host host;
  host.read = std::move(read);
  for (const std::string_view line : split(mountinfo, '\n')) add_hierarchy(line, host);
  // Delegation is v2's; on v1 and hybrid hosts the limits live in hierarchies that nobody delegates.
  if (host.mode() == Mode::kV2) {
    const std::string delegated = delegated_root(*host.unified(), own_v2_path(own_cgroup));
    if (!delegated.empty()) host.root = delegated + "/containers";
  }
  return host;
}

Result<Host> probe_host() {
  const std::string mountinfo = BULKHEAD_TRY(read_file("/proc/self/mountinfo"));
  const std::string own_cgroup = BULKHEAD_TRY(read_file("/proc/self/cgroup"));
  Host host = parse_host(mountinfo, own_cgroup, [](const std::string& path) {
    auto content = read_file(path);
    return content.ok() ? content.take() : std::string();
  });
  host.exists = path_exists;
  if (host.hierarchies.empty()) return make_error("cgroup-create", ENOENT, "no cgroup hierarchy is mounted");
  return host;
}

std::string group_path(const Host& host, std::string_view path, std::string_view id) {
  std::string result;
  if (path.empty())
    result = host.root + "/" + std::string(id);
  else if (path.front() == '/')
    result = path;
  else
    result = host.root + "/" + std::string(path);
  while (result.size() > 1 && result.back() == '/') result.pop_back();
  return result;
}

}  // namespace bulkhead::cgroup
