#include "core/builder/plan_builder.h"

#include <fcntl.h>
#include <linux/mount.h>

#include "core/builder/build_context.h"
#include "core/cgroup/launch_steps.h"
#include "core/seccomp/verdict.h"

namespace bulkhead {
namespace {

using builder::BuildContext;
using builder::config_error;

void build_cgroups(BuildContext& context, const cgroup::LaunchSteps& launch) {
  std::vector<plan::CgroupStep> steps;
  for (const cgroup::LaunchStep& step : launch.steps)
    steps.push_back({step.op, step.flags, context.text(step.path), context.optional_text(step.value)});
  context.plan.cgroupSteps = context.writer.array(steps);
  context.plan.cgroupEnd.oomFile = context.optional_text(launch.end.oom_file);
  context.plan.cgroupEnd.killFile = context.optional_text(launch.end.kill_file);
  context.plan.cgroupEnd.procsFile = context.optional_text(launch.end.procs_file);
  context.plan.cgroupEnd.thawFile = context.optional_text(launch.end.thaw_file);
  context.plan.cgroupEnd.isThawV1 = launch.end.is_thaw_v1;
}

Result<void> build_overlay(BuildContext& context, const OverlayRoot& overlay) {
  if (overlay.layers.empty()) return config_error("overlay: no layer");
  if (overlay.id_mapped && context.config.linux_.uid_mappings.empty())
    return config_error("overlay: idMapped without linux.uidMappings");
  plan::Root& root = context.plan.root;
  root.kind = plan::RootKind::kOverlay;
  root.isIdMapped = overlay.id_mapped;
  root.layers = context.texts(overlay.layers);
  root.upperDirectory = context.optional_text(overlay.upper_directory);
  root.workDirectory = context.optional_text(overlay.work_directory);
  // An image may bring nodes of any device; those that the container may have are in its /dev, a mount of its own.
  root.attributes |= MOUNT_ATTR_NODEV;
  if (overlay.no_suid) root.attributes |= MOUNT_ATTR_NOSUID;
  return {};
}

Result<void> build_root(BuildContext& context, const CreateSettings& settings) {
  plan::Root& root = context.plan.root;
  const oci::Root& wanted = context.config.root;
  root.directorySlot = plan::kNoSlot;
  if (wanted.read_only) root.attributes |= MOUNT_ATTR_RDONLY;
  root.propagation = context.config.linux_.rootfs_propagation;
  if (settings.overlay) return build_overlay(context, *settings.overlay);
  root.kind = plan::RootKind::kDirectory;
  if (wanted.path.front() != '/' && settings.bundle.empty())
    return config_error("root.path: relative, and there is no bundle");
  root.directory = context.text(wanted.path.front() == '/' ? wanted.path : settings.bundle + "/" + wanted.path);
  return {};
}

void build_surroundings(BuildContext& context) {
  const oci::Linux& linux_ = context.config.linux_;
  context.plan.hostname = context.optional_text(context.config.hostname);
  context.plan.domainname = context.optional_text(context.config.domainname);
  context.plan.maskedPaths = context.texts(linux_.masked_paths);
  context.plan.readonlyPaths = context.texts(linux_.readonly_paths);
  std::vector<plan::Sysctl> sysctls;
  for (const auto& [path, value] : linux_.sysctl) sysctls.push_back({context.text(path), context.text(value)});
  context.plan.sysctls = context.writer.array(sysctls);
}

Result<LaunchPlan> finish(BuildContext& context) {
  if (context.slots.size() > plan::kMaxInheritedFds) return config_error("more than 192 descriptors");
  context.plan.slots = static_cast<std::uint32_t>(context.slots.size());
  LaunchPlan result{std::move(context.writer).finish(context.plan), std::move(context.slots)};
  if (result.bytes.size() > plan::kMaxPlanBytes)
    return make_error("config", E2BIG, "the configuration is larger than 16 MiB when it is laid out");
  return result;
}

}  // namespace

Result<LaunchPlan> build_create_plan(const cgroup::Host& host, const oci::Config& config,
                                     const CreateSettings& settings) {
  BuildContext context{.host = host, .config = config, .plan = {}, .writer = {}, .slots = {}};
  context.plan.kind = plan::Kind::kCreate;
  if (settings.no_pivot) context.plan.flags |= plan::kPlanNoPivot;
  if (settings.sync_before_pivot) context.plan.flags |= plan::kPlanSyncBeforePivot;
  if (settings.root_at_path && !settings.overlay) context.plan.flags |= plan::kPlanRootAtPath;
  // Whom no filter keeps from mounting finds no hierarchy in which it stands in the host's group (CVE-2022-0492).
  const auto groups =
      seccomp::may_mount(settings.process.seccomp_program) ? cgroup::Groups::kEverywhere : cgroup::Groups::kWhereNeeded;
  const cgroup::LaunchSteps launch = BULKHEAD_TRY(
      cgroup::plan_launch(host, settings.cgroup_path, config.linux_.resources, settings.cgroup_owner, groups));
  // First, for preserved descriptors must be the first slots.
  builder::build_supervision(context, settings.supervision);
  build_cgroups(context, launch);
  BULKHEAD_TRY(builder::build_namespaces(context));
  BULKHEAD_TRY(build_root(context, settings));
  BULKHEAD_TRY(builder::build_mounts(context, settings, launch.directories));
  BULKHEAD_TRY(builder::build_devices(context, settings.binds_devices));
  BULKHEAD_TRY(builder::build_process(context, settings.process));
  build_surroundings(context);
  return finish(context);
}

Result<LaunchPlan> build_exec_plan(const cgroup::Host& host, const oci::Config& config, const ExecSettings& settings) {
  BuildContext context{.host = host, .config = config, .plan = {}, .writer = {}, .slots = {}};
  context.plan.kind = plan::Kind::kExec;
  context.plan.root.directorySlot = plan::kNoSlot;
  context.plan.target = {static_cast<std::uint32_t>(settings.pid), settings.start_time_ticks != 0,
                         settings.start_time_ticks};
  builder::build_supervision(context, settings.supervision);
  // Whose pipes the container's root may hand to the process's user.
  context.plan.uidMappings = builder::write_id_mappings(context, config.linux_.uid_mappings);
  context.plan.gidMappings = builder::write_id_mappings(context, config.linux_.gid_mappings);
  build_cgroups(context, cgroup::plan_join(host, settings.cgroup_path, settings.subgroups));
  BULKHEAD_TRY(builder::build_process(context, settings.process));
  return finish(context);
}

Result<OpenedSlots> OpenedSlots::open(const std::vector<SlotSource>& sources) {
  OpenedSlots slots;
  for (const SlotSource& source : sources) {
    int fd = source.fd;
    if (fd < 0) {
      fd = ::open(source.path.c_str(), O_RDONLY | O_CLOEXEC);
      if (fd < 0) return make_error("namespace", errno, source.path);
      slots.owned_.emplace_back(fd);
    }
    slots.fds_.push_back(fd);
  }
  return slots;
}

}  // namespace bulkhead
