// The end of the container's control groups: what the memory limit killed, killing what is left, removal.
#include "cgroups.h"
#include "files.h"

namespace bulkhead::init {

namespace {

constexpr int kKillRounds = 2000;
constexpr int kRoundMs = 5;

// Kills the pids that a cgroup.procs lists; how many there were. A pid of a fresh process may be met here only if it is in
// the group itself, so the number can't name a stranger for longer than this read takes; v2 has cgroup.kill instead.
int kill_listed(const char* procs_file) {
  char text[4096];
  const long size = read_file(AT_FDCWD, procs_file, text, sizeof text);
  int count = 0;
  // A number that the buffer cuts short would be another process's: the next round has it whole.
  long whole = size;
  while (whole > 0 && text[whole - 1] != '\n') whole--;
  for (const char* p = text; p < text + whole;) {
    const char* end = p;
    while (*end >= '0' && *end <= '9') end++;
    uint64_t pid;
    if (parse_number(p, end, 0x7fffffff, &pid) && pid > 1) {
      sys::kill(static_cast<int>(pid), SIGKILL);
      count++;
    }
    p = end + 1;
  }
  return count;
}

void thaw(const Context& context) {
  const auto& end = context.plan->cgroupEnd;
  if (end.thawFile.offset == 0) return;
  if (end.isThawV1 != 0) {
    write_file(AT_FDCWD, context.text(end.thawFile), "THAWED", 6);
  } else {
    write_file(AT_FDCWD, context.text(end.thawFile), "0", 1);
  }
}

}  // namespace

void kill_cgroups(Context& context) {
  const auto& end = context.plan->cgroupEnd;
  if (end.killFile.offset != 0) write_file(AT_FDCWD, context.text(end.killFile), "1", 1);
  if (end.procsFile.offset == 0) return;
  for (int round = 0; round < kKillRounds; round++) {
    if (kill_listed(context.text(end.procsFile)) == 0) return;
    // A frozen v1 process ignores SIGKILL: killed first, then thawed, so that it never runs again.
    thaw(context);
    sys::sleep_ms(kRoundMs);
  }
}

void remove_cgroups(Context& context) {
  const auto steps = each(context, context.plan->cgroupSteps);
  for (const auto* step = steps.end(); step != steps.begin();) {
    step--;
    if (step->op != plan::CgroupOp::kMake || (step->flags & plan::kCgroupOwned) == 0) continue;
    // Its last task may still be on its way out.
    for (int round = 0; round < 400; round++) {
      if (sys::unlinkat(AT_FDCWD, context.text(step->path), AT_REMOVEDIR) != -EBUSY) break;
      sys::sleep_ms(kRoundMs);
    }
  }
}

uint64_t read_oom_kills(const Context& context) {
  char text[1024];
  const plan::Text file = context.plan->cgroupEnd.oomFile;
  if (file.offset == 0 || read_file(AT_FDCWD, context.text(file), text, sizeof text) <= 0) return 0;
  for (const char* line = text; line != nullptr && *line != '\0';) {
    if (starts_with(line, "oom_kill ")) {
      const char* first = line + 9;
      const char* last = first;
      while (*last >= '0' && *last <= '9') last++;
      uint64_t count = 0;
      return parse_number(first, last, ~uint64_t{0}, &count) ? count : 0;
    }
    line = find(line, '\n');
    if (line != nullptr) line++;
  }
  return 0;
}

}  // namespace bulkhead::init
