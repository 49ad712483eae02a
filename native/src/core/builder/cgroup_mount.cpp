#include "core/builder/cgroup_mount.h"

#include <linux/mount.h>

namespace bulkhead::builder {
namespace {

class CgroupMounts {
 public:
  CgroupMounts(BuildContext& context, const oci::Mount& wanted, std::string destination,
               const std::vector<std::string>& directories)
      : context_(context), wanted_(wanted), destination_(std::move(destination)), directories_(directories) {}

  std::vector<plan::Mount> make() {
    if (context_.host.mode() == cgroup::Mode::kV2) {
      add(*context_.host.unified(), destination_);
      return std::move(mounts_);
    }
    add_tmpfs();
    for (const cgroup::Hierarchy& hierarchy : context_.host.hierarchies)
      add(hierarchy, destination_ + "/" + name_of(hierarchy));
    return std::move(mounts_);
  }

 private:
  static std::string name_of(const cgroup::Hierarchy& hierarchy) {
    return hierarchy.mount_point.substr(hierarchy.mount_point.rfind('/') + 1);
  }

  plan::Mount blank(const std::string& destination) {
    plan::Mount mount{};
    mount.sourceSlot = plan::kNoSlot;
    mount.flags = plan::kMountNoSymlinks;
    mount.destination = context_.text(destination);
    mount.attributesSet = wanted_.options.set;
    mount.attributesClear = wanted_.options.clear;
    return mount;
  }

  /** The container's group in this hierarchy; null: it has none there, and would see the host's. */
  const std::string* group_in(const cgroup::Hierarchy& hierarchy) const {
    for (const std::string& directory : directories_)
      if (is_within(directory, hierarchy.mount_point)) return &directory;
    return nullptr;
  }

  void add(const cgroup::Hierarchy& hierarchy, const std::string& destination) {
    const std::string* group = group_in(hierarchy);
    if (group == nullptr) return;
    plan::Mount mount = blank(destination);
    if (context_.config.linux_.find_namespace(CLONE_NEWCGROUP) == nullptr)
      fill_bind(*group, mount);
    else
      fill_filesystem(hierarchy, mount);
    mounts_.push_back(mount);
  }

  /** In a cgroup namespace a new mount of the hierarchy shows the container's group as its root. */
  void fill_filesystem(const cgroup::Hierarchy& hierarchy, plan::Mount& mount) {
    mount.kind = plan::MountKind::kFilesystem;
    mount.type = context_.text(hierarchy.is_v2 ? "cgroup2" : "cgroup");
    mount.source = context_.text("cgroup");
    if (hierarchy.is_v2) return;
    std::vector<plan::FsOption> options;
    for (const std::string& controller : hierarchy.controllers) {
      const bool is_named = controller.starts_with("name=");
      if (is_named) options.push_back({context_.text("none"), {0, 0}});
      options.push_back(is_named ? plan::FsOption{context_.text("name"), context_.text(controller.substr(5))}
                                 : plan::FsOption{context_.text(controller), {0, 0}});
    }
    mount.options = context_.writer.array(options);
  }

  void fill_bind(const std::string& group, plan::Mount& mount) {
    mount.kind = plan::MountKind::kBind;
    mount.source = context_.text(group);
    mount.propagation = MS_PRIVATE | MS_REC;
  }

  /** Holds the mount points of the hierarchies: read-only, if that is asked for, only when they are made. */
  void add_tmpfs() {
    plan::Mount mount = blank(destination_);
    mount.kind = plan::MountKind::kFilesystem;
    mount.type = context_.text("tmpfs");
    mount.source = context_.text("tmpfs");
    if ((mount.attributesSet & MOUNT_ATTR_RDONLY) != 0) mount.flags |= plan::kMountReadonlyLast;
    mount.attributesSet &= ~std::uint64_t{MOUNT_ATTR_RDONLY};
    const std::vector<plan::FsOption> options = {{context_.text("mode"), context_.text("755")},
                                                 {context_.text("size"), context_.text("16k")},
                                                 {context_.text("nr_inodes"), context_.text("32")}};
    mount.options = context_.writer.array(options);
    mounts_.push_back(mount);
  }

  BuildContext& context_;
  const oci::Mount& wanted_;
  std::string destination_;
  const std::vector<std::string>& directories_;
  std::vector<plan::Mount> mounts_;
};

}  // namespace

std::vector<plan::Mount> cgroup_mounts(BuildContext& context, const oci::Mount& wanted, const std::string& destination,
                                       const std::vector<std::string>& directories) {
  return CgroupMounts(context, wanted, destination, directories).make();
}

}  // namespace bulkhead::builder
