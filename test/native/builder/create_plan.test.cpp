// Config → plan, for a new container.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>

#include "builder/plan_reader.h"
#include "cgroup/sample_hosts.h"
#include "core/oci/decode.h"
#include "sample_config.h"

using namespace bulkhead;
using namespace bulkhead::test;

namespace {

CreateSettings settings() {
  CreateSettings result;
  result.bundle = "/bundle";
  result.cgroup_path = "/bulkhead/web";
  result.supervision.run_directory = 10;
  result.supervision.log = 11;
  return result;
}

Result<LaunchPlan> build(const ConfigParts& parts, const CreateSettings& with = settings(),
                         const cgroup::Host& host = hybrid_host()) {
  const auto config = oci::decode_config(config_text(parts));
  INFO((config.ok() ? std::string() : config.error().object));
  REQUIRE(config.ok());
  return build_create_plan(host, config.value(), with);
}

PlanReader built(const ConfigParts& parts, const CreateSettings& with = settings(),
                 const cgroup::Host& host = hybrid_host()) {
  auto plan = build(parts, with, host);
  INFO((plan.ok() ? std::string() : plan.error().object));
  REQUIRE(plan.ok());
  return PlanReader(plan.take());
}

std::string refusal(const ConfigParts& parts, const CreateSettings& with = settings()) {
  const auto plan = build(parts, with);
  return plan.ok() ? "accepted" : plan.error().object;
}

std::string mount_refusal(const std::string& mount) {
  ConfigParts parts;
  parts.mounts = "[" + mount + "]";
  return refusal(parts);
}

constexpr const char* kUserNamespace =
    R"({"namespaces":[{"type":"mount"},{"type":"user"},{"type":"pid"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":1000}],"gidMappings":[{"containerID":0,"hostID":200000,"size":1000}]})";

}  // namespace

TEST_CASE("namespaces are made or joined; the loopback of a new one is brought up") {
  ConfigParts parts;
  parts.linux_ = R"({"namespaces":[{"type":"mount"},{"type":"pid","path":"/proc/9/ns/pid"},{"type":"network"}]})";
  const PlanReader plan = built(parts);
  CHECK(plan->newNamespaces == (CLONE_NEWNS | CLONE_NEWNET));
  const auto joins = plan.all(plan->joinNamespaces);
  REQUIRE(joins.size() == 1);
  CHECK(joins[0].cloneFlag == CLONE_NEWPID);
  CHECK(plan.slots()[static_cast<std::size_t>(joins[0].slot)].path == "/proc/9/ns/pid");
  CHECK((plan->flags & plan::kPlanLoopbackUp) != 0);
}

TEST_CASE("the monitor's descriptors are slots, preserved ones the first") {
  CreateSettings with = settings();
  with.supervision.preserved = {3, 4};
  const PlanReader plan = built({}, with);
  CHECK(plan.slots()[0].fd == 3);
  CHECK(plan.slots()[1].fd == 4);
  CHECK(plan->process.preservedFds == 2);
  CHECK(plan.slots()[static_cast<std::size_t>(plan->monitor.log)].fd == 11);
  CHECK(plan->monitor.startFifo == plan::kNoSlot);
  CHECK(plan.text(plan->monitor.socketName) == "monitor.sock");
}

TEST_CASE("the root is a directory of the bundle, or an overlay") {
  ConfigParts parts;
  const PlanReader directory = built(parts);
  CHECK(directory->root.kind == plan::RootKind::kDirectory);
  CHECK(directory.text(directory->root.directory) == "/rootfs");
  CreateSettings with = settings();
  with.overlay = OverlayRoot{{"/l/1", "/l/2"}, "/u", "/w", false, true};
  const PlanReader overlay = built(parts, with);
  CHECK(overlay->root.kind == plan::RootKind::kOverlay);
  CHECK(overlay.text(overlay.all(overlay->root.layers)[1]) == "/l/2");
  CHECK(overlay->root.attributes == (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
  with.overlay->id_mapped = true;
  CHECK(refusal(parts, with).starts_with("overlay"));
  with.overlay->layers.clear();
  CHECK(refusal(parts, with) == "overlay: no layer");
}

TEST_CASE("a tmpfs at /dev is filled before the container sees it") {
  ConfigParts parts;
  parts.mounts =
      R"([{"destination":"/proc","type":"proc","source":"proc"},{"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","mode=755"]}])";
  parts.linux_ = linux_with(
      R"("devices":[{"path":"/dev/fuse","type":"c","major":10,"minor":229,"fileMode":432},{"path":"/dev/null","type":"c","major":1,"minor":3,"fileMode":384}])");
  const PlanReader plan = built(parts);
  const auto mounts = plan.all(plan->mounts);
  CHECK(mounts[1].kind == plan::MountKind::kDevTmpfs);
  CHECK((mounts[0].flags & plan::kMountNoSymlinks) != 0);
  std::vector<std::string> names;
  for (const auto& entry : plan.all(plan->devEntries)) {
    names.push_back(plan.text(entry.path));
    if (names.back() == "fuse") CHECK(entry.mode == (S_IFCHR | 0660));
    if (names.back() == "null") CHECK(entry.mode == (S_IFCHR | 0600));
  }
  CHECK(std::count(names.begin(), names.end(), "null") == 1);
  CHECK(std::count(names.begin(), names.end(), "ptmx") == 1);
  CHECK(plan->devices.count == 0);
}

TEST_CASE("without it the devices are bound one by one; over a /dev of the host's none is") {
  const PlanReader none = built({});
  CHECK(none->devEntries.count == 0);
  CHECK(none->devices.count == 6);
  ConfigParts parts;
  parts.mounts = R"([{"destination":"/dev","source":"/dev","options":["rbind"]}])";
  const PlanReader bound = built(parts);
  CHECK(bound->devices.count == 0);
  CHECK(bound->symlinks.count == 0);
}

TEST_CASE("binds are private unless asked otherwise; relative sources begin at the bundle") {
  ConfigParts parts;
  parts.mounts =
      R"([{"destination":"/a","source":"data","options":["rbind","ro"]},{"destination":"/b","source":"/b","options":["bind","rslave"]},{"destination":"//c/./d/","source":"/c","options":["rbind","rro","nosuid"]}])";
  const PlanReader plan = built(parts);
  const auto mounts = plan.all(plan->mounts);
  CHECK(plan.text(mounts[0].source) == "/bundle/data");
  CHECK(mounts[0].propagation == (MS_PRIVATE | MS_REC));
  CHECK(mounts[0].attributesSet == MOUNT_ATTR_RDONLY);
  CHECK((mounts[0].flags & plan::kMountRecursive) != 0);
  CHECK(mounts[1].propagation == (MS_SLAVE | MS_REC));
  CHECK(plan.text(mounts[2].destination) == "/c/d");
  CHECK(mounts[2].attributesSet == (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID));
  CHECK((mounts[2].flags & plan::kMountRecursiveAttr) != 0);
}

TEST_CASE("a source that the caller opened replaces the path, and his ids become the container's root") {
  ConfigParts parts;
  parts.linux_ = kUserNamespace;
  parts.mounts = R"([{"destination":"/a","source":"/ignored","options":["bind"]}])";
  CreateSettings with = settings();
  with.mount_sources = {{0, 42, MountSource::Owner{1000, 1001}}};
  const PlanReader plan = built(parts, with);
  const auto mount = plan.all(plan->mounts)[0];
  CHECK(mount.source.offset == 0);
  CHECK(plan.slots()[static_cast<std::size_t>(mount.sourceSlot)].fd == 42);
  const auto uid = plan.all(mount.uidMap)[0];
  CHECK(uid.inside == 1000);
  CHECK(uid.outside == 100000);
  CHECK(plan.all(mount.gidMap)[0].outside == 200000);
  with.mount_sources = {{7, 42, std::nullopt}};
  CHECK(refusal(parts, with).starts_with("mountSources"));
}

TEST_CASE("nothing but proc is mounted at or in /proc (T-R04)") {
  for (const char* mount :
       {R"({"destination":"/proc","type":"tmpfs"})", R"({"destination":"/proc/self","type":"tmpfs"})",
        R"({"destination":"/proc","source":"/data","options":["bind"]})",
        R"({"destination":"//proc/./sys","source":"/data","options":["bind"]})",
        R"({"destination":"/proc/self/attr","type":"tmpfs"})", R"({"destination":"/","type":"tmpfs"})",
        R"({"destination":"/proc/cpuinfo","type":"tmpfs"})"}) {
    INFO(mount);
    CHECK(mount_refusal(mount).find("destination") != std::string::npos);
  }
  CHECK(mount_refusal(R"({"destination":"/proc/cpuinfo","source":"/lxcfs/cpuinfo","options":["bind"]})") == "accepted");
  CHECK(mount_refusal(R"({"destination":"/proc","source":"/proc","options":["rbind"]})") == "accepted");
  CHECK(mount_refusal(R"({"destination":"/process","type":"tmpfs"})") == "accepted");
}

TEST_CASE("in a user namespace every id must be mapped (T-R13)") {
  ConfigParts parts;
  parts.linux_ = kUserNamespace;
  CHECK(refusal(parts) == "accepted");
  for (const char* user :
       {R"("user":{"uid":1000})", R"("user":{"gid":4000000000})", R"("user":{"additionalGids":[1000]})"}) {
    parts.process = process_with(user);
    CHECK(refusal(parts).starts_with("process.user"));
  }
}

TEST_CASE("devices in a user namespace belong to its root as the host sees it") {
  ConfigParts parts;
  parts.linux_ = kUserNamespace;
  parts.mounts = R"([{"destination":"/dev","type":"tmpfs"}])";
  const PlanReader plan = built(parts);
  for (const auto& entry : plan.all(plan->devEntries)) {
    CHECK(entry.uid == 100000);
    CHECK(entry.gid == 200000);
  }
}

TEST_CASE("capabilities that the caller lacks are left out, except in a user namespace") {
  ConfigParts parts;
  parts.process = process_with(
      R"("capabilities":{"bounding":["CAP_CHOWN","CAP_SYS_RESOURCE"],"permitted":["CAP_CHOWN","CAP_SYS_RESOURCE"],"effective":["CAP_SYS_RESOURCE"]})");
  CreateSettings with = settings();
  with.process.available_capabilities = 1;
  const PlanReader plan = built(parts, with);
  CHECK(plan->process.capabilities.bounding == 1);
  CHECK(plan->process.capabilities.effective == 0);
  CHECK(plan->process.capabilities.inheritable == 0);
  parts.linux_ = kUserNamespace;
  CHECK(built(parts, with)->process.capabilities.effective == 1ull << 24);
}

TEST_CASE("a container has a mount namespace, and a name only with a uts namespace") {
  ConfigParts parts;
  parts.linux_ = R"({"namespaces":[{"type":"pid"}]})";
  CHECK(refusal(parts).starts_with("linux.namespaces"));
  parts.linux_ = R"({"namespaces":[{"type":"mount"}]})";
  parts.more = R"(,"hostname":"web")";
  CHECK(refusal(parts).starts_with("hostname"));
}

TEST_CASE("the cgroup mount shows the container's own groups in the host's shape") {
  ConfigParts parts;
  parts.linux_ = R"({"namespaces":[{"type":"mount"},{"type":"cgroup"}]})";
  parts.mounts = R"([{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["ro","nosuid"]}])";
  const PlanReader v2 = built(parts, settings(), v2_host());
  REQUIRE(v2->mounts.count == 1);
  CHECK(v2.text(v2.all(v2->mounts)[0].type) == "cgroup2");
  // Under a filter that lets nothing be mounted: others get a group in every hierarchy.
  const sock_filter refusing{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO};
  CreateSettings filtered = settings();
  filtered.process.seccomp_program.assign(reinterpret_cast<const char*>(&refusing), sizeof refusing);
  const PlanReader hybrid = built(parts, filtered);
  std::vector<std::string> shown;
  for (const auto& mount : hybrid.all(hybrid->mounts))
    shown.push_back(hybrid.text(mount.destination) + ":" + hybrid.text(mount.type));
  CHECK(shown.front() == "/sys/fs/cgroup:tmpfs");
  CHECK(std::find(shown.begin(), shown.end(), "/sys/fs/cgroup/memory:cgroup") != shown.end());
  CHECK(std::find(shown.begin(), shown.end(), "/sys/fs/cgroup/unified:cgroup2") != shown.end());
  // No group of the container's there: the host's is not shown.
  CHECK(std::find(shown.begin(), shown.end(), "/sys/fs/cgroup/cpuset:cgroup") == shown.end());
}

TEST_CASE("without a cgroup namespace the container's own directories are bound, no more") {
  ConfigParts parts;
  parts.mounts = R"([{"destination":"/sys/fs/cgroup","type":"cgroup","options":["ro"]}])";
  const PlanReader plan = built(parts);
  for (const auto& mount : plan.all(plan->mounts)) {
    if (mount.kind != plan::MountKind::kBind) continue;
    CHECK(plan.text(mount.source).ends_with("/bulkhead/web"));
    CHECK(mount.attributesSet == MOUNT_ATTR_RDONLY);
  }
}

TEST_CASE("more mounts than the plan holds are refused (T-R15)") {
  ConfigParts parts;
  parts.mounts = "[";
  for (int i = 0; i < 513; ++i)
    parts.mounts +=
        (i == 0 ? "" : ",") + std::string(R"({"destination":"/m)") + std::to_string(i) + R"(","type":"tmpfs"})";
  parts.mounts += "]";
  CHECK(refusal(parts) == "mounts: more than 512");
}

TEST_CASE("large environments stay whole (T-R15)") {
  ConfigParts parts;
  const std::string large(131000, 'x');
  parts.process = process_with(R"("env":["A=)" + large + R"(","B=)" + large + "\"]");
  const PlanReader plan = built(parts);
  const auto environment = plan.all(plan->process.environment);
  REQUIRE(environment.size() == 2);
  CHECK(plan.text(environment[1]) == "B=" + large);
}

TEST_CASE("scheduling, personality and labels are laid out as the kernel takes them") {
  ConfigParts parts;
  parts.process = process_with(
      R"("scheduler":{"policy":"SCHED_DEADLINE","flags":["SCHED_FLAG_RECLAIM"],"runtime":1,"deadline":2,"period":3},
         "ioPriority":{"class":"IOPRIO_CLASS_RT","priority":4},"apparmorProfile":"docker-default","selinuxLabel":"u:r:t:s0",
         "execCPUAffinity":{"initial":"0-1,9","final":"64"})");
  parts.linux_ = linux_with(R"("personality":{"domain":"LINUX32"},"mountLabel":"u:r:f:s0")");
  parts.mounts = R"([{"destination":"/tmp","type":"tmpfs"},{"destination":"/proc","type":"proc"}])";
  const PlanReader plan = built(parts);
  const plan::Process& process = plan->process;
  CHECK(process.scheduler.size == 56);
  CHECK(process.scheduler.policy == 6);
  CHECK(process.scheduler.flags == 2);
  CHECK(process.scheduler.runtime == 1);
  CHECK(process.scheduler.deadline == 2);
  CHECK(process.scheduler.period == 3);
  CHECK(process.ioPriority == (1 << 13 | 4));
  CHECK((process.flags & plan::kProcessHasPersonality) != 0);
  CHECK(process.personality == 8);
  CHECK(plan.text(process.appArmor) == "exec docker-default");
  CHECK(plan.text(process.seLinux) == "u:r:t:s0");
  CHECK(process.initialCpus.offset == 0);  // not for the first process
  const auto mounts = plan.all(plan->mounts);
  const auto options = plan.all(mounts[0].options);
  REQUIRE(options.size() == 1);
  CHECK(plan.text(options[0].key) == "context");
  CHECK(plan.text(options[0].value) == "u:r:f:s0");
  CHECK(mounts[1].options.count == 0);

  const auto config = oci::decode_config(config_text(parts));
  CHECK(config.value().process->initial_cpus == std::string("\x03\x02\0\0\0\0\0\0", 8));
  CHECK(config.value().process->final_cpus == std::string(8, '\0') + std::string("\x01\0\0\0\0\0\0\0", 8));
}

TEST_CASE("a filter that notifies needs a listener") {
  ConfigParts parts;
  parts.linux_ = linux_with(
      R"("seccomp":{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/x","syscalls":[{"names":["mount"],"action":"SCMP_ACT_NOTIFY"}]})");
  CHECK(refusal(parts).find("there is no listener") != std::string::npos);
  CreateSettings with = settings();
  with.process.seccomp_listener = 12;
  with.process.seccomp_message = "state";
  const PlanReader plan = built(parts, with);
  CHECK(plan.slots()[static_cast<std::size_t>(plan->process.seccomp.listenerSocket)].fd == 12);
  CHECK(plan.text(plan->process.seccomp.listenerMessage) == "state");
}

TEST_CASE("a launcher in a user namespace binds the host's devices, for it can make none; a FIFO is no device") {
  ConfigParts parts;
  parts.linux_ = linux_with(
      R"("devices":[{"path":"/dev/fuse","type":"c","major":10,"minor":229},{"path":"/dev/pipe","type":"p"}])");
  parts.mounts = R"([{"destination":"/dev","type":"tmpfs"}])";
  CreateSettings with = settings();
  with.binds_devices = true;
  const PlanReader plan = built(parts, with);
  std::vector<std::string> binds;
  for (const plan::Mount& mount : plan.all(plan->mounts))
    if (mount.kind == plan::MountKind::kBind) binds.push_back(std::string(plan.text(mount.destination)));
  CHECK(binds == std::vector<std::string>{"/dev/fuse", "/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                          "/dev/urandom", "/dev/tty"});
  for (const plan::DevEntry& entry : plan.all(plan->devEntries))
    if (entry.kind == plan::EntryKind::kNode) CHECK(plan.text(entry.path) == "pipe");
}

TEST_CASE("where groups can't be set they are not, and a config that wants some is refused") {
  CreateSettings with = settings();
  with.process.may_set_groups = false;
  CHECK((built({}, with)->process.flags & plan::kProcessSetGroups) == 0);
  CHECK((built({})->process.flags & plan::kProcessSetGroups) != 0);
  ConfigParts parts;
  parts.process = process_with(R"("user":{"uid":0,"gid":0,"additionalGids":[5]})");
  CHECK(refusal(parts, with).find("additionalGids") != std::string::npos);
}
