// The end of the container's control groups: what the memory limit killed, killing what is left. Removal: cgroup_removal.cpp.
#include "cgroups.h"
#include "files.h"

namespace bulkhead::init {

namespace {

constexpr int kRoundMs = 5;
constexpr size_t kListBytes = 4096;

// A number that the buffer cuts short would be another process's: the next round has it whole.
const char* end_of_whole_lines(const char* text, long size) {
  while (size > 0 && text[size - 1] != '\n') size--;
  return text + (size < 0 ? 0 : size);
}

// The pid of the line at `*at`, which then is the next one; 0: none.
int take_pid(const char** at) {
  const char* end = *at;
  while (*end >= '0' && *end <= '9') end++;
  uint64_t pid = 0;
  const bool is_number = parse_number(*at, end, 0x7fffffff, &pid);
  *at = end + 1;
  return is_number ? static_cast<int>(pid) : 0;
}

bool is_listed(int dir, const char* name, int wanted) {
  char text[kListBytes];
  const char* last = end_of_whole_lines(text, read_file(dir, name, text, sizeof text));
  for (const char* p = text; p < last;) {
    if (take_pid(&p) == wanted) return true;
  }
  return false;
}

// The pidfd first, then the look whether that pid is in the group: what is signalled can't be a stranger that got the number
// of one that had just ended.
void kill_member(int dir, const char* name, int pid) {
  const long pidfd = sys::pidfd_open(pid);
  if (pidfd < 0) return;
  if (is_listed(dir, name, pid)) sys::pidfd_send_signal(static_cast<int>(pidfd), SIGKILL);
  sys::close(static_cast<int>(pidfd));
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

int kill_listed(int dir, const char* name) {
  char text[kListBytes];
  const char* last = end_of_whole_lines(text, read_file(dir, name, text, sizeof text));
  int count = 0;
  for (const char* p = text; p < last;) {
    const int pid = take_pid(&p);
    if (pid <= 1) continue;
    kill_member(dir, name, pid);
    count++;
  }
  return count;
}

void kill_cgroups(Context& context, int patience_ms) {
  const auto& end = context.plan->cgroupEnd;
  // Linux 5.14, with all below; before, and without a v2 group, there is no such file.
  if (end.killFile.offset != 0) write_file(AT_FDCWD, context.text(end.killFile), "1", 1);
  if (end.procsFile.offset == 0) return;
  for (int waited_ms = 0; kill_listed(AT_FDCWD, context.text(end.procsFile)) > 0; waited_ms += kRoundMs) {
    // A frozen v1 process ignores SIGKILL: killed first, then thawed, so that it never runs again.
    thaw(context);
    if (waited_ms >= patience_ms) return;
    sys::sleep_ms(kRoundMs);
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
