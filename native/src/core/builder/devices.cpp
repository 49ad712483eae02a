// Device nodes and the links of /dev: the runtime-spec's defaults and linux.devices.
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "core/builder/build_context.h"

namespace bulkhead::builder {
namespace {

struct DefaultDevice {
  const char* path;
  std::uint32_t major;
  std::uint32_t minor;
};
// "Default Devices" of the runtime-spec; console and ptmx come with the terminal and devpts.
constexpr std::array kDefaultDevices = {
    DefaultDevice{"/dev/null", 1, 3},   DefaultDevice{"/dev/zero", 1, 5},    DefaultDevice{"/dev/full", 1, 7},
    DefaultDevice{"/dev/random", 1, 8}, DefaultDevice{"/dev/urandom", 1, 9}, DefaultDevice{"/dev/tty", 5, 0},
};

struct Link {
  const char* path;
  const char* target;
};
// "Dev symbolic links" of the runtime-spec, and its ptmx.
constexpr std::array kLinks = {
    Link{"/dev/fd", "/proc/self/fd"},       Link{"/dev/stdin", "/proc/self/fd/0"},
    Link{"/dev/stdout", "/proc/self/fd/1"}, Link{"/dev/stderr", "/proc/self/fd/2"},
    Link{"/dev/ptmx", "pts/ptmx"},
};

std::uint32_t mode_of(const oci::Device& device) {
  const std::uint32_t kind = device.type == 'b' ? S_IFBLK : device.type == 'p' ? S_IFIFO : S_IFCHR;
  return kind | device.mode;
}

bool is_listed(const oci::Config& config, std::string_view path) {
  return std::any_of(config.linux_.devices.begin(), config.linux_.devices.end(),
                     [&](const oci::Device& device) { return device.path == path; });
}

/** Something of the host's is mounted at /dev: what it holds is the config's choice. */
bool has_foreign_dev(const oci::Config& config) {
  return std::any_of(config.mounts.begin(), config.mounts.end(),
                     [](const oci::Mount& mount) { return mount.destination == "/dev" && !is_dev_tmpfs(mount); });
}

/** The config's devices, and the defaults that it doesn't define itself. */
std::vector<oci::Device> wanted_devices(const oci::Config& config) {
  std::vector<oci::Device> devices = config.linux_.devices;
  if (has_foreign_dev(config)) return devices;
  for (const DefaultDevice& device : kDefaultDevices) {
    if (is_listed(config, device.path)) continue;
    oci::Device& added = devices.emplace_back();
    added.path = device.path;
    added.major = device.major;
    added.minor = device.minor;
  }
  return devices;
}

class DeviceList {
 public:
  explicit DeviceList(BuildContext& context) : context_(context), has_tmpfs_(has_dev_tmpfs(context.config)) {}

  Result<void> add(const oci::Device& device) {
    const auto uid = host_id(context_.config.linux_.uid_mappings, device.uid);
    const auto gid = host_id(context_.config.linux_.gid_mappings, device.gid);
    if (!uid || !gid) return config_error("linux.devices: the owner of " + device.path + " is not mapped");
    if (has_tmpfs_ && device.path.starts_with("/dev/")) {
      entries_.push_back({plan::EntryKind::kNode,
                          mode_of(device),
                          context_.text(device.path.substr(5)),
                          {0, 0},
                          device.major,
                          device.minor,
                          *uid,
                          *gid});
    } else {
      devices_.push_back({context_.text(device.path), mode_of(device), device.major, device.minor, *uid, *gid, 0});
    }
    return {};
  }

  Result<void> add_link(const Link& link) {
    const auto uid = host_id(context_.config.linux_.uid_mappings, 0);
    const auto gid = host_id(context_.config.linux_.gid_mappings, 0);
    if (!uid || !gid) return config_error("linux.uidMappings: the container's root (0) is not mapped");
    if (has_tmpfs_) {
      entries_.push_back({plan::EntryKind::kSymlink, 0777, context_.text(std::string_view(link.path).substr(5)),
                          context_.text(link.target), 0, 0, *uid, *gid});
    } else {
      links_.push_back({context_.text(link.path), context_.text(link.target)});
    }
    return {};
  }

  void write() {
    context_.plan.devEntries = context_.writer.array(entries_);
    context_.plan.devices = context_.writer.array(devices_);
    context_.plan.symlinks = context_.writer.array(links_);
  }

 private:
  BuildContext& context_;
  bool has_tmpfs_;
  std::vector<plan::DevEntry> entries_;
  std::vector<plan::Device> devices_;
  std::vector<plan::Symlink> links_;
};

}  // namespace

bool is_dev_tmpfs(const oci::Mount& mount) {
  return mount.destination == "/dev" && mount.type == "tmpfs" && !mount.options.bind;
}

std::vector<oci::Mount> device_binds(const oci::Config& config) {
  std::vector<oci::Mount> mounts;
  for (const oci::Device& device : wanted_devices(config)) {
    if (device.type == 'p') continue;
    oci::Mount& mount = mounts.emplace_back();
    mount.source = mount.destination = device.path;
    mount.options.bind = true;
  }
  return mounts;
}

bool has_dev_tmpfs(const oci::Config& config) {
  return std::any_of(config.mounts.begin(), config.mounts.end(), is_dev_tmpfs);
}

Result<void> build_devices(BuildContext& context, bool are_bound) {
  DeviceList list(context);
  for (const oci::Device& device : wanted_devices(context.config))
    if (!are_bound || device.type == 'p') BULKHEAD_TRY(list.add(device));
  if (!has_foreign_dev(context.config))
    for (const Link& link : kLinks) BULKHEAD_TRY(list.add_link(link));
  list.write();
  return {};
}

}  // namespace bulkhead::builder
