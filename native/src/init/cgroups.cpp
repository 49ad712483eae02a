// The container's control groups: making, limiting and joining them. Their end is in cgroup_end.cpp.
#include "cgroups.h"

#include <linux/bpf.h>

#include "files.h"

namespace bulkhead::init {

using plan::CgroupOp;
using plan::CgroupStep;
using plan::Step;

namespace {

constexpr size_t kPathMax = 4096;

// The parents are there after the first container: tried only when the plain mkdir says that they are not.
long make_group(const char* path) {
  const long made = sys::mkdirat(AT_FDCWD, path, 0755);
  if (made != -ENOENT) return made;
  Buffer<kPathMax> parent;
  for (const char* p = path; *p != '\0'; p++) {
    if (*p == '/' && parent.size() > 0) sys::mkdirat(AT_FDCWD, parent.text(), 0755);
    parent.put(*p);
  }
  return sys::mkdirat(AT_FDCWD, path, 0755);
}

// Whether processes are in the group, or (v2) in one below it.
long check_empty(const char* path) {
  char text[1024];
  Buffer<kPathMax> file;
  const long listed = read_file(AT_FDCWD, file.put(path).put("/cgroup.procs").text(), text, sizeof text);
  if (listed != 0) return listed < 0 ? listed : -EBUSY;
  file.clear();
  if (read_file(AT_FDCWD, file.put(path).put("/cgroup.events").text(), text, sizeof text) <= 0) return 0;
  return starts_with(text, "populated 1") ? -EBUSY : 0;
}

// The group is the container's, and will be killed and removed with it: not one that others use. An empty one that was there
// is used, and stays.
long make_own_group(Context& context, const char* path, uint32_t ordinal) {
  const long made = make_group(path);
  if (made == -EEXIST) return check_empty(path);
  if (made >= 0 && ordinal < kMaxOwned) context.made_cgroups |= 1u << ordinal;
  return made;
}

long make_shared_group(const char* path) {
  const long made = make_group(path);
  return made == -EEXIST ? 0 : made;
}

// A new v1 cpuset group has no cpus and mems and takes no process until it has: as its parent has them.
long inherit(const char* path) {
  char content[kPathMax];
  const long size = read_file(AT_FDCWD, path, content, sizeof content);
  if (size < 0 || (size > 0 && content[0] != '\n')) return size < 0 ? size : 0;
  size_t slash[2] = {0, 0};
  for (size_t i = 0; path[i] != '\0'; i++) {
    if (path[i] == '/') slash[0] = slash[1], slash[1] = i;
  }
  Buffer<kPathMax> parent;
  parent.put(path, path + slash[0]).put(path + slash[1]);
  const long from_parent = read_file(AT_FDCWD, parent.text(), content, sizeof content);
  return from_parent <= 0 ? from_parent : write_file(AT_FDCWD, path, content, static_cast<size_t>(from_parent));
}

// bpf(2): BPF_PROG_LOAD, then BPF_PROG_ATTACH to the group; the group keeps the program.
long attach_device_program(Context& context, const CgroupStep& step) {
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insns = reinterpret_cast<uint64_t>(context.text(step.value));
  load.insn_cnt = step.value.length / sizeof(bpf_insn);
  load.license = reinterpret_cast<uint64_t>(plan::kDeviceProgramLicense);
  static_assert(sizeof plan::kDeviceProgramName <= sizeof load.prog_name);
  for (size_t i = 0; i < sizeof plan::kDeviceProgramName; i++) load.prog_name[i] = plan::kDeviceProgramName[i];
  const long program = sys::call(__NR_bpf, BPF_PROG_LOAD, &load, sizeof load);
  if (program < 0) return program;
  const long group = sys::openat(AT_FDCWD, context.text(step.path), O_RDONLY | O_DIRECTORY);
  bpf_attr attach{};
  attach.target_fd = static_cast<uint32_t>(group);
  attach.attach_bpf_fd = static_cast<uint32_t>(program);
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  const long result = group < 0 ? group : sys::call(__NR_bpf, BPF_PROG_ATTACH, &attach, sizeof attach);
  if (group >= 0) sys::close(static_cast<int>(group));
  sys::close(static_cast<int>(program));
  return result;
}

long open_tasks(CgroupJoins& joins, const char* path) {
  if (joins.task_count == CgroupJoins::kMax) return -E2BIG;
  const long fd = sys::openat(AT_FDCWD, path, O_WRONLY);
  if (fd >= 0) joins.tasks[joins.task_count++] = static_cast<int>(fd);
  return fd;
}

long open_v2(CgroupJoins& joins, const char* path) {
  joins.v2 = static_cast<int>(sys::openat(AT_FDCWD, path, O_PATH | O_DIRECTORY));
  return joins.v2;
}

long carry_out(Context& context, const CgroupStep& step, CgroupJoins& joins, uint32_t& owned) {
  const char* path = context.text(step.path);
  switch (step.op) {
    case CgroupOp::kMake:
      return is_owned(step) ? make_own_group(context, path, owned++) : make_shared_group(path);
    case CgroupOp::kWrite:
      return write_file(AT_FDCWD, path, context.text(step.value), step.value.length);
    case CgroupOp::kInherit:
      return inherit(path);
    case CgroupOp::kDeviceProgram:
      return attach_device_program(context, step);
    case CgroupOp::kJoinV1:
      return open_tasks(joins, path);
    case CgroupOp::kJoinV2:
      return open_v2(joins, path);
  }
  return -EINVAL;
}

Step step_of(CgroupOp op) {
  if (op == CgroupOp::kMake) return Step::kCgroupCreate;
  return op == CgroupOp::kJoinV1 || op == CgroupOp::kJoinV2 ? Step::kCgroupJoin : Step::kCgroupLimit;
}

}  // namespace

void make_cgroups(Context& context, CgroupJoins& joins) {
  uint32_t owned = 0;
  for (const auto& step : each(context, context.plan->cgroupSteps)) {
    enter(context, step_of(step.op), context.text(step.path));
    const long result = carry_out(context, step, joins, owned);
    if (result == -ENOENT && (step.flags & plan::kCgroupIfThere) != 0) continue;
    if (result < 0 && (step.flags & plan::kCgroupOptional) == 0) fail(context, result);
    note(context, result);
  }
}

long open_group_of_target(const Context& context) {
  char text[16384];
  Buffer<kPathMax> path;
  for (const auto& step : each(context, context.plan->cgroupSteps)) {
    if (step.op == CgroupOp::kJoinV2 && step.value.offset != 0) path.put(context.text(step.value));
  }
  Buffer<32> file;
  file.put("/proc/").number(uint64_t{context.plan->target.pid}).put("/cgroup");
  const long size = path.size() == 0 ? -ENOENT : read_file(AT_FDCWD, file.text(), text, sizeof text);
  if (size < 0) return size;
  for (const char* line = text; line != nullptr; line = find(line, '\n')) {
    if (*line == '\n') line++;
    if (!starts_with(line, "0::/")) continue;
    const char* end = find(line, '\n');
    path.put(line + 3, end == nullptr ? line + length(line) : end);
    return path.overflowed() ? -ENAMETOOLONG : sys::openat(AT_FDCWD, path.text(), O_PATH | O_DIRECTORY);
  }
  return -ENOENT;
}

// "0" names the writing thread itself. Writing a pid to cgroup.procs instead takes a lock that waits for an RCU grace
// period, ten milliseconds and more; `tasks` with one's own thread does not (kernel/cgroup/cgroup.c, cgroup_attach_lock).
void join_cgroups(Context& context, const CgroupJoins& joins) {
  if (joins.task_count == 0) return;
  enter(context, Step::kCgroupJoin);
  for (int i = 0; i < joins.task_count; i++) {
    must(context, sys::write(joins.tasks[i], "0", 1));
    sys::close(joins.tasks[i]);
  }
}

}  // namespace bulkhead::init
