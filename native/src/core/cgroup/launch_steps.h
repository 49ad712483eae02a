// What a launch does about cgroups, as an ordered list: groups to make, files to write, groups to join. Pure; carried out by
// bulkhead-init, which undoes it in reverse.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/cgroup/host.h"
#include "core/oci/config.h"
#include "core/plan/plan.h"
#include "core/result.h"

namespace bulkhead::cgroup {

struct LaunchStep {
  plan::CgroupOp op;
  std::string path;
  std::string value;
  /** plan::CgroupFlag. */
  std::uint32_t flags = 0;
};

/** How the monitor ends the group and learns of the memory limit. Empty: not to be had here. */
struct GroupEnd {
  std::string oom_file;
  std::string kill_file;
  std::string procs_file;
  std::string thaw_file;
  bool is_thaw_v1 = false;
};

struct LaunchSteps {
  std::vector<LaunchStep> steps;
  /** The container's own groups, one for each hierarchy that it has one in. */
  std::vector<std::string> directories;
  GroupEnd end;
};

/** Who has made the group, and will remove it. */
enum class GroupOwner {
  kLauncher,
  /**
   * systemd: the group of a scope, there already and with all controllers (Delegate=), held by one process that leaves it
   * after the launch. Hierarchies that systemd has no hand in get their groups all the same.
   */
  kSystemd,
};

/**
 * In which hierarchies a container has a group of its own. The root of its cgroup namespace is where its process stands: in a
 * hierarchy that it has no group in that is the host's, for whoever can mount it.
 */
enum class Groups { kWhereNeeded, kEverywhere };

/** The steps for a new container in the group `path` (of group_path). Error: as plan_limits. */
Result<LaunchSteps> plan_launch(const Host& host, const std::string& path, const oci::Resources& resources,
                                GroupOwner owner = GroupOwner::kLauncher, Groups groups = Groups::kWhereNeeded);

/** Groups below a container's own, "/name" each: by v1 controller, and for all others by "". */
using Subgroups = std::map<std::string, std::string>;
/** What is appended to the container's path in that hierarchy; empty: nothing. */
std::string subgroup_in(const Hierarchy& hierarchy, const Subgroups& subgroups);

/** The steps with which another process joins the container's group: those of its hierarchies that exist. */
LaunchSteps plan_join(const Host& host, const std::string& path, const Subgroups& subgroups = {});

/** The v1 hierarchies and the v2 one in which every container has a group, whatever it is: for statistics, pause and kill. */
bool is_always_used(const Host& host, const Hierarchy& hierarchy);

}  // namespace bulkhead::cgroup
