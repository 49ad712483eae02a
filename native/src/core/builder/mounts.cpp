// `mounts` of the config.
#include <linux/mount.h>

#include <algorithm>
#include <array>

#include "core/builder/build_context.h"
#include "core/builder/cgroup_mount.h"

namespace bulkhead::builder {
namespace {

/** Files of /proc that others may stand in for (lxcfs does); nothing else is mounted inside it: CVE-2019-16884 and its kin. */
constexpr std::array<std::string_view, 11> kReplaceable = {
    "/proc/cpuinfo",
    "/proc/diskstats",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/swaps",
    "/proc/uptime",
    "/proc/loadavg",
    "/proc/slabinfo",
    "/proc/net/dev",
    "/proc/sys/kernel/ns_last_pid",
    "/proc/sys/crypto/fips_enabled",
};

/** Without doubled and trailing slashes and "." components. */
std::string clean(const std::string& path) {
  std::string result;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = std::string_view(path).substr(at, end - at);
    if (!part.empty() && part != ".") result.append("/").append(part);
    at = end + 1;
  }
  return result.empty() ? "/" : result;
}

Result<void> check_destination(const oci::Mount& mount, const std::string& destination) {
  if (destination == "/") return config_error("mounts: the destination / is the root itself");
  if (!is_within(destination, "/proc")) return {};
  const bool is_proc =
      destination == "/proc" && (mount.options.bind ? clean(mount.source) == "/proc" : mount.type == "proc");
  const bool is_replaceable = std::find(kReplaceable.begin(), kReplaceable.end(), destination) != kReplaceable.end();
  if (is_proc || (mount.options.bind && is_replaceable)) return {};
  return config_error("mounts: invalid mount destination " + destination + ": only proc itself may be mounted there");
}

/** Trees in which a symbolic link in the way would be an image's attempt to have something else mounted over. */
bool is_strict(std::string_view destination) {
  return is_within(destination, "/proc") || is_within(destination, "/sys") || is_within(destination, "/dev");
}

/** The plan has one set of attributes for the mount, or for its whole tree. */
Result<void> set_attributes(const oci::MountOptions& options, const std::string& destination, plan::Mount& mount) {
  mount.attributesSet = options.set;
  mount.attributesClear = options.clear;
  if (options.recursive_set == 0 && options.recursive_clear == 0) return {};
  // More restriction for the whole tree than was asked for is safe; less is not.
  if ((options.clear & ~options.recursive_clear) != 0)
    return config_error("mounts: " + destination + ": options with and without the recursive r contradict each other");
  mount.attributesSet = options.recursive_set | options.set;
  mount.attributesClear = options.recursive_clear & ~options.set;
  mount.flags |= plan::kMountRecursiveAttr;
  return {};
}

class MountList {
 public:
  MountList(BuildContext& context, const CreateSettings& settings) : context_(context), settings_(settings) {}

  Result<void> add(const oci::Mount& wanted, std::size_t index, const std::vector<std::string>& cgroup_directories) {
    const std::string destination = clean(wanted.destination);
    BULKHEAD_TRY(check_destination(wanted, destination));
    if (wanted.type == "cgroup" && !wanted.options.bind) return add_cgroup(wanted, destination, cgroup_directories);
    plan::Mount mount{};
    mount.sourceSlot = plan::kNoSlot;
    BULKHEAD_TRY(set_attributes(wanted.options, destination, mount));
    mount.propagation = wanted.options.propagation;
    if (is_strict(destination)) mount.flags |= plan::kMountNoSymlinks;
    if (wanted.options.bind)
      BULKHEAD_TRY(fill_bind(wanted, index, mount));
    else
      fill_filesystem(wanted, mount);
    mount.destination = context_.text(destination);
    mounts_.push_back(mount);
    return {};
  }

  Result<void> write() {
    if (mounts_.size() > plan::kMaxMounts) return config_error("mounts: more than 512");
    context_.plan.mounts = context_.writer.array(mounts_);
    return {};
  }

 private:
  Result<void> add_cgroup(const oci::Mount& wanted, const std::string& destination,
                          const std::vector<std::string>& directories) {
    auto made = cgroup_mounts(context_, wanted, destination, directories);
    mounts_.insert(mounts_.end(), made.begin(), made.end());
    return {};
  }

  void fill_filesystem(const oci::Mount& wanted, plan::Mount& mount) {
    mount.kind = is_dev_tmpfs(wanted) ? plan::MountKind::kDevTmpfs : plan::MountKind::kFilesystem;
    mount.type = context_.text(wanted.type);
    mount.source = context_.optional_text(wanted.source);
    if (wanted.options.copy_up) mount.flags |= plan::kMountCopyUp;
    std::vector<plan::FsOption> options;
    for (const auto& [name, value] : wanted.options.parameters)
      options.push_back({context_.text(name), value ? context_.text(*value) : plan::Text{0, 0}});
    // The kernel's own trees have labels of their own, and mqueue takes none at its mount.
    const std::string& label = context_.config.linux_.mount_label;
    const bool takes_label = wanted.type != "proc" && wanted.type != "sysfs" && wanted.type != "mqueue";
    if (!label.empty() && takes_label) options.push_back({context_.text("context"), context_.text(label)});
    mount.options = context_.writer.array(options);
  }

  Result<void> fill_bind(const oci::Mount& wanted, std::size_t index, plan::Mount& mount) {
    mount.kind = plan::MountKind::kBind;
    if (wanted.options.recursive) mount.flags |= plan::kMountRecursive;
    // A clone of a shared mount is its peer: what the container mounts below it would appear on the host.
    if (mount.propagation == 0) mount.propagation = MS_PRIVATE | MS_REC;
    const MountSource* given = find_source(index);
    if (given != nullptr)
      mount.sourceSlot = context_.slot({given->fd, {}});
    else if (wanted.source.front() == '/')
      mount.source = context_.text(wanted.source);
    else if (!settings_.bundle.empty())
      mount.source = context_.text(settings_.bundle + "/" + wanted.source);
    else
      return config_error("mounts: the source " + wanted.source + " is relative, and there is no bundle");
    return fill_id_map(wanted, given, mount);
  }

  const MountSource* find_source(std::size_t index) const {
    for (const MountSource& source : settings_.mount_sources)
      if (source.index == index) return &source;
    return nullptr;
  }

  Result<void> fill_id_map(const oci::Mount& wanted, const MountSource* given, plan::Mount& mount) {
    const oci::Linux& linux_ = context_.config.linux_;
    if (given != nullptr && given->owner) {
      const auto uid = host_id(linux_.uid_mappings, 0);
      const auto gid = host_id(linux_.gid_mappings, 0);
      if (!uid || !gid) return config_error("linux.uidMappings: the container's root (0) is not mapped");
      write_map(mount, {{given->owner->uid, *uid, 1}}, {{given->owner->gid, *gid, 1}});
      return {};
    }
    if (!wanted.uid_mappings.empty()) {
      write_map(mount, wanted.uid_mappings, wanted.gid_mappings);
    } else if (wanted.options.idmap) {
      if (linux_.uid_mappings.empty())
        return config_error("mounts: idmap without mappings of the mount or of the container");
      write_map(mount, linux_.uid_mappings, linux_.gid_mappings);
    }
    if (wanted.options.recursive_idmap) mount.flags |= plan::kMountRecursiveAttr;
    return {};
  }

  void write_map(plan::Mount& mount, const std::vector<oci::IdMapping>& uids, const std::vector<oci::IdMapping>& gids) {
    mount.hasIdMap = 1;
    mount.uidMap = write_id_mappings(context_, uids);
    mount.gidMap = write_id_mappings(context_, gids);
  }

  BuildContext& context_;
  const CreateSettings& settings_;
  std::vector<plan::Mount> mounts_;
};

Result<void> check_sources(const oci::Config& config, const std::vector<MountSource>& sources) {
  for (const MountSource& source : sources) {
    const bool is_bind = source.index < config.mounts.size() && config.mounts[source.index].options.bind;
    if (!is_bind)
      return config_error("mountSources: " + std::to_string(source.index) + " is not the index of a bind mount");
  }
  return {};
}

}  // namespace

bool is_within(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

Result<void> build_mounts(BuildContext& context, const CreateSettings& settings,
                          const std::vector<std::string>& cgroup_directories) {
  BULKHEAD_TRY(check_sources(context.config, settings.mount_sources));
  MountList list(context, settings);
  for (std::size_t i = 0; i < context.config.mounts.size(); ++i)
    BULKHEAD_TRY(list.add(context.config.mounts[i], i, cgroup_directories));
  if (!settings.binds_devices) return list.write();
  // Behind the others: over what the config mounts at /dev.
  std::size_t index = context.config.mounts.size();
  for (const oci::Mount& device : device_binds(context.config))
    BULKHEAD_TRY(list.add(device, index++, cgroup_directories));
  return list.write();
}

}  // namespace bulkhead::builder
