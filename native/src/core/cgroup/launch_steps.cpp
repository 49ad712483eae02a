#include "core/cgroup/launch_steps.h"

#include <algorithm>
#include <array>

#include "core/cgroup/devices.h"
#include "core/cgroup/limits.h"

namespace bulkhead::cgroup {
namespace {

using plan::CgroupOp;

/** "/a/b/c" → "/a", "/a/b", "/a/b/c". */
std::vector<std::string> ancestors_and_self(const std::string& path) {
  std::vector<std::string> result;
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
    result.push_back(path.substr(0, slash));
  result.push_back(path);
  return result;
}

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

bool has_word(const std::string& words, const std::string& word) {
  return (" " + words + " ").find(" " + word + " ") != std::string::npos || words == word + "\n" ||
         (" " + words).find(" " + word + "\n") != std::string::npos;
}

class Builder {
 public:
  Builder(const Host& host, const std::string& path, GroupOwner owner, Groups groups)
      : host_(host), path_(path), owner_(owner), groups_(groups) {}

  LaunchSteps build(const std::vector<Limit>& limits, const std::vector<oci::DeviceRule>& rules) {
    for (const Hierarchy& hierarchy : host_.hierarchies)
      if (groups_ == Groups::kEverywhere || is_always_used(host_, hierarchy) || is_used(hierarchy, limits))
        add_group(hierarchy, limits);
    for (const Limit& limit : limits)
      add(CgroupOp::kWrite, directory(*limit.hierarchy) + "/" + limit.file, limit.value,
          limit.is_optional ? plan::kCgroupOptional : 0u);
    add_devices(rules);
    return std::move(result_);
  }

 private:
  std::string directory(const Hierarchy& hierarchy) const { return hierarchy.mount_point + path_; }
  void add(CgroupOp op, std::string path, std::string value = {}, std::uint32_t flags = 0) {
    result_.steps.push_back({op, std::move(path), std::move(value), flags});
  }
  static bool is_used(const Hierarchy& hierarchy, const std::vector<Limit>& limits) {
    return std::any_of(limits.begin(), limits.end(), [&](const Limit& limit) { return limit.hierarchy == &hierarchy; });
  }

  /** mkdir, what a new group needs before anything else, and how it is joined. */
  void add_group(const Hierarchy& hierarchy, const std::vector<Limit>& limits) {
    const bool is_ours = owner_ == GroupOwner::kLauncher;
    if (hierarchy.is_v2 && is_ours) add_controllers(hierarchy, limits);
    add(CgroupOp::kMake, directory(hierarchy), {}, is_ours ? plan::kCgroupOwned : 0u);
    result_.directories.push_back(directory(hierarchy));
    if (hierarchy.has("cpuset") && !hierarchy.is_v2) inherit_cpuset(hierarchy);
    // Joined by the child itself, through `tasks` and CLONE_INTO_CGROUP: writing a pid to cgroup.procs waits for an RCU
    // grace period (some 12 ms), these two ways don't.
    if (hierarchy.is_v2)
      add(CgroupOp::kJoinV2, directory(hierarchy));
    else
      add(CgroupOp::kJoinV1, directory(hierarchy) + "/tasks");
  }

  /** A v1 cpuset group is born without processors and memory nodes, and can't be joined before it has both. */
  void inherit_cpuset(const Hierarchy& hierarchy) {
    for (const std::string& group : ancestors_and_self(path_)) {
      add(CgroupOp::kInherit, hierarchy.mount_point + group + "/cpuset.cpus");
      add(CgroupOp::kInherit, hierarchy.mount_point + group + "/cpuset.mems");
    }
  }

  /** On v2 a group has the controllers that all its ancestors hand down (cgroup.subtree_control), from the top. */
  void add_controllers(const Hierarchy& hierarchy, const std::vector<Limit>& limits) {
    std::vector<std::string> needed;
    for (const Limit& limit : limits)
      if (limit.hierarchy == &hierarchy && std::find(needed.begin(), needed.end(), limit.controller) == needed.end())
        needed.push_back(limit.controller);
    const std::string parent = parent_of(path_);
    std::vector<std::string> above = {""};
    if (!parent.empty())
      for (std::string& group : ancestors_and_self(parent)) above.push_back(std::move(group));
    for (const std::string& group : above) hand_down(hierarchy, hierarchy.mount_point + group, needed);
  }

  void hand_down(const Hierarchy& hierarchy, const std::string& group, const std::vector<std::string>& needed) {
    const std::string file = group + "/cgroup.subtree_control";
    const std::string active = host_.read(file);
    if (!host_.exists(group)) add(CgroupOp::kMake, group);
    for (const std::string& controller : needed)
      if (!has_word(active, controller)) add(CgroupOp::kWrite, file, "+" + controller);
    // For statistics only: an error is passed over.
    for (const char* wanted : {"memory", "cpu", "pids", "io"}) {
      const bool is_needed = std::find(needed.begin(), needed.end(), wanted) != needed.end();
      if (!is_needed && hierarchy.has(wanted) && !has_word(active, wanted))
        add(CgroupOp::kWrite, file, std::string("+") + wanted, plan::kCgroupOptional);
    }
  }

  void add_devices(const std::vector<oci::DeviceRule>& rules) {
    const std::vector<oci::DeviceRule> effective = effective_device_rules(rules);
    if (const Hierarchy* v1 = host_.find("devices")) {
      for (const oci::DeviceRule& rule : effective)
        add(CgroupOp::kWrite, directory(*v1) + (rule.allow ? "/devices.allow" : "/devices.deny"),
            device_rule_line(rule));
    } else if (const Hierarchy* v2 = host_.unified()) {
      const std::vector<std::uint64_t> program = device_program(effective);
      add(CgroupOp::kDeviceProgram, directory(*v2),
          std::string(reinterpret_cast<const char*>(program.data()), program.size() * sizeof program[0]));
    }
  }

  const Host& host_;
  const std::string& path_;
  GroupOwner owner_;
  Groups groups_;
  LaunchSteps result_;
};

/** The hierarchy that names all processes of the container: v2, else any v1 group that every container has. */
const Hierarchy* census(const Host& host) {
  if (const Hierarchy* unified = host.unified()) return unified;
  for (const char* controller : {"freezer", "pids", "memory", "devices"})
    if (const Hierarchy* hierarchy = host.find(controller)) return hierarchy;
  return host.hierarchies.empty() ? nullptr : &host.hierarchies.front();
}

GroupEnd group_end(const Host& host, const std::string& path) {
  GroupEnd end;
  if (const Hierarchy* memory = host.find("memory"))
    end.oom_file = memory->mount_point + path + (memory->is_v2 ? "/memory.events" : "/memory.oom_control");
  if (const Hierarchy* hierarchy = census(host)) end.procs_file = hierarchy->mount_point + path + "/cgroup.procs";
  if (const Hierarchy* unified = host.unified()) {
    end.kill_file = unified->mount_point + path + "/cgroup.kill";
    end.thaw_file = unified->mount_point + path + "/cgroup.freeze";
  } else if (const Hierarchy* freezer = host.find("freezer")) {
    end.thaw_file = freezer->mount_point + path + "/freezer.state";
    end.is_thaw_v1 = true;
  }
  return end;
}

/** The process that holds the scope counts, too: until it has left, one more is allowed. */
void make_room_for_holder(std::vector<Limit>& limits, std::int64_t pids) {
  for (Limit& limit : limits)
    if (limit.file == "pids.max" && pids > 0 && pids < INT64_MAX) limit.value = std::to_string(pids + 1);
}

}  // namespace

bool is_always_used(const Host& host, const Hierarchy& hierarchy) {
  if (hierarchy.is_v2) return true;
  // cgroup.freeze of v2 does what v1's freezer does, and can still be killed: then v1's stays unused.
  if (hierarchy.has("freezer") && host.unified() == nullptr) return true;
  constexpr std::array kControllers = {"memory", "cpu", "cpuacct", "pids", "blkio", "devices"};
  if (std::any_of(kControllers.begin(), kControllers.end(), [&](const char* name) { return hierarchy.has(name); }))
    return true;
  // systemd's own: a container that stayed in the caller's group would be ended with the caller's service.
  return !hierarchy.controllers.empty() && hierarchy.controllers.front().starts_with("name=");
}

Result<LaunchSteps> plan_launch(const Host& host, const std::string& path, const oci::Resources& resources,
                                GroupOwner owner, Groups groups) {
  std::vector<Limit> limits = BULKHEAD_TRY(plan_limits(host, resources, Purpose::kCreate));
  if (owner == GroupOwner::kSystemd) make_room_for_holder(limits, resources.pids_limit.value_or(0));
  LaunchSteps steps = Builder(host, path, owner, groups).build(limits, resources.devices);
  steps.end = group_end(host, path);
  return steps;
}

std::string subgroup_in(const Hierarchy& hierarchy, const Subgroups& subgroups) {
  const auto others = subgroups.find("");
  const std::string otherwise = others == subgroups.end() ? std::string() : others->second;
  if (hierarchy.is_v2) return otherwise;
  for (const auto& [controller, group] : subgroups)
    if (!controller.empty() && hierarchy.has(controller)) return group;
  return otherwise;
}

LaunchSteps plan_join(const Host& host, const std::string& path, const Subgroups& subgroups) {
  LaunchSteps steps;
  // What was asked for by name has to be there; of the container's own groups the joining process finds those that there are.
  const std::uint32_t flags = subgroups.empty() ? std::uint32_t{plan::kCgroupIfThere} : 0;
  for (const Hierarchy& hierarchy : host.hierarchies) {
    if (!subgroups.empty() && !host.exists(hierarchy.mount_point + path)) continue;
    const std::string directory = hierarchy.mount_point + path + subgroup_in(hierarchy, subgroups);
    if (hierarchy.is_v2)
      steps.steps.push_back({plan::CgroupOp::kJoinV2, directory, hierarchy.mount_point, flags});
    else
      steps.steps.push_back({plan::CgroupOp::kJoinV1, directory + "/tasks", {}, flags});
  }
  return steps;
}

}  // namespace bulkhead::cgroup
