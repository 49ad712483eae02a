// Proves that a plan's offsets stay inside it, so that what executes it need not ask again.
// Freestanding: bulkhead-init includes it too.
#pragma once

#include <stddef.h>

#include "plan.h"

namespace bulkhead::plan {

class PlanCheck {
 public:
  PlanCheck(const void* base, size_t size) : base_(static_cast<const unsigned char*>(base)), size_(size) {}

  bool passes() const {
    if (base_ == nullptr || size_ < sizeof(Plan) || size_ > kMaxPlanBytes) return false;
    const Plan& plan = *reinterpret_cast<const Plan*>(base_);
    return plan.magic == kMagic && plan.version == kVersion && plan.size == size_ && plan.kind <= Kind::kOpen &&
           plan.slots <= kMaxInheritedFds && namespaces(plan) && cgroups(plan) && root(plan) && mounts(plan) &&
           entries(plan) && process(plan) && monitor(plan);
  }

 private:
  bool ok(Text text) const {
    if (text.offset == 0) return text.length == 0;
    return text.offset >= sizeof(Plan) && text.offset < size_ && text.length < size_ - text.offset &&
           base_[text.offset + text.length] == 0;
  }
  template <class T>
  bool ok(Array<T> array) const {
    if (array.count == 0) return true;
    return array.offset >= sizeof(Plan) && array.offset % 8 == 0 && array.offset < size_ &&
           array.count <= (size_ - array.offset) / sizeof(T);
  }
  template <class T, class Test>
  bool all(Array<T> array, Test test) const {
    if (!ok(array)) return false;
    const T* elements = reinterpret_cast<const T*>(base_ + array.offset);
    for (uint32_t i = 0; i < array.count; i++) {
      if (!test(elements[i])) return false;
    }
    return true;
  }
  bool texts(Array<Text> array) const {
    return all(array, [this](Text text) { return text.offset != 0 && ok(text); });
  }
  bool slot(const Plan& plan, Slot slot) const {
    return slot == kNoSlot || (slot >= 0 && static_cast<uint32_t>(slot) < plan.slots);
  }

  bool namespaces(const Plan& plan) const {
    return all(plan.joinNamespaces,
               [&](const NamespaceJoin& join) { return join.slot >= 0 && slot(plan, join.slot); }) &&
           ok(plan.uidMappings) && ok(plan.gidMappings) && ok(plan.timeOffsets);
  }
  bool cgroups(const Plan& plan) const {
    const CgroupEnd& end = plan.cgroupEnd;
    return all(plan.cgroupSteps, [this](const CgroupStep& step) { return ok(step.path) && ok(step.value); }) &&
           ok(end.oomFile) && ok(end.killFile) && ok(end.procsFile) && ok(end.thawFile);
  }
  bool root(const Plan& plan) const {
    const Root& root = plan.root;
    return texts(root.layers) && ok(root.upperDirectory) && ok(root.workDirectory) && ok(root.directory) &&
           slot(plan, root.directorySlot);
  }
  bool mounts(const Plan& plan) const {
    return plan.mounts.count <= kMaxMounts && all(plan.mounts, [&](const Mount& mount) {
             return ok(mount.destination) && ok(mount.source) && ok(mount.type) && slot(plan, mount.sourceSlot) &&
                    ok(mount.uidMap) && ok(mount.gidMap) &&
                    all(mount.options, [this](const FsOption& option) { return ok(option.key) && ok(option.value); });
           });
  }
  bool entries(const Plan& plan) const {
    return all(plan.devEntries, [this](const DevEntry& entry) { return ok(entry.path) && ok(entry.target); }) &&
           plan.devices.count <= kMaxMounts &&
           all(plan.devices, [this](const Device& device) { return ok(device.path); }) &&
           all(plan.symlinks, [this](const Symlink& link) { return ok(link.path) && ok(link.target); }) &&
           texts(plan.maskedPaths) && texts(plan.readonlyPaths) &&
           all(plan.sysctls, [this](const Sysctl& sysctl) { return ok(sysctl.path) && ok(sysctl.value); }) &&
           ok(plan.hostname) && ok(plan.domainname);
  }
  bool process(const Plan& plan) const {
    const Process& process = plan.process;
    return texts(process.arguments) && texts(process.environment) && ok(process.workingDirectory) && ok(process.user) &&
           ok(process.groups) && process.preservedFds <= plan.slots && ok(process.rlimits) &&
           ok(process.seccomp.program) && process.seccomp.program.length % 8 == 0 &&
           slot(plan, process.seccomp.listenerSocket) && ok(process.seccomp.listenerMessage) &&
           ok(process.initialCpus) && ok(process.finalCpus) && ok(process.appArmor) && ok(process.seLinux) &&
           process.scheduler.size <= sizeof(Scheduler) && slot(plan, plan.terminal.consoleSocket);
  }
  bool monitor(const Plan& plan) const {
    const Monitor& monitor = plan.monitor;
    return slot(plan, monitor.runDirectory) && ok(monitor.socketName) && ok(monitor.exitName) &&
           slot(plan, monitor.log) && slot(plan, monitor.startFifo) && ok(plan.open.groups) && ok(plan.open.path);
  }

  const unsigned char* base_;
  size_t size_;
};

/** Whether the `size` bytes at `base` (8-aligned) are a plan whose offsets can be followed. */
inline bool is_well_formed(const void* base, size_t size) { return PlanCheck(base, size).passes(); }

}  // namespace bulkhead::plan
