// Removing the container's control groups, with those that the container itself has made below them.
#include "cgroups.h"
#include "files.h"

namespace bulkhead::init {

namespace {

constexpr int kRoundMs = 5;
constexpr uint64_t kMsNs = 1'000'000;

struct DirectoryEntry {  // struct linux_dirent64 (getdents64(2))
  uint64_t inode;
  int64_t offset;
  unsigned short size;
  unsigned char type;
  char name[1];
};
constexpr unsigned char kDirectoryType = 4;  // DT_DIR
using Name = Buffer<256>;

// The first group below the directory `fd`.
bool find_group(int fd, Name& name) {
  alignas(DirectoryEntry) char entries[2048];
  sys::call(__NR_lseek, fd, 0, 0);
  for (long size; (size = sys::getdents64(fd, entries, sizeof entries)) > 0;) {
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(entries + at);
      at += entry->size;
      if (entry->type != kDirectoryType || entry->name[0] == '.') continue;
      name.clear();
      return !name.put(entry->name).overflowed();
    }
  }
  return false;
}

bool is_over(uint64_t deadline_ns) { return sys::clock_ns(CLOCK_MONOTONIC) >= deadline_ns; }

// What keeps a group busy is killed; a frozen v1 process only goes once it is thawed.
void empty(int group) {
  if (kill_listed(group, "cgroup.procs") > 0) write_file(group, "freezer.state", "THAWED", 6);
}

int step_to(int from, const char* name) {
  const long next = sys::openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  sys::close(from);
  return static_cast<int>(next);
}

// A walk without recursion, for it is the container that says how deep it goes: down to a group that has none below, up
// again, and that one is removed. `..` leads up because nobody moves a group to another parent. It ends at the first that is
// busy, whose processes are on their way out, or are sent there. Consumes `fd`.
void remove_below(int fd, uint64_t deadline_ns) {
  Name name;
  bool has_descended = false;
  for (int depth = 0; fd >= 0 && !is_over(deadline_ns);) {
    if (!find_group(fd, name)) {
      if (has_descended) empty(fd);
      if (has_descended || depth-- == 0) break;
      fd = step_to(fd, "..");
    } else if (sys::unlinkat(fd, name.text(), AT_REMOVEDIR) == 0) {
      has_descended = false;
    } else {
      has_descended = true;
      depth++;
      fd = step_to(fd, name.text());
    }
  }
  if (fd >= 0) sys::close(fd);
}

// One round; false: it is still there.
bool remove_group(const char* path, uint64_t deadline_ns) {
  if (sys::unlinkat(AT_FDCWD, path, AT_REMOVEDIR) != -EBUSY) return true;
  remove_below(static_cast<int>(sys::openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY)), deadline_ns);
  if (sys::unlinkat(AT_FDCWD, path, AT_REMOVEDIR) != -EBUSY) return true;
  const long group = sys::openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
  if (group < 0) return true;
  empty(static_cast<int>(group));
  sys::close(static_cast<int>(group));
  return false;
}

// In every hierarchy before the next round: what is frozen in one keeps the group of another busy.
bool remove_groups(Context& context, uint64_t deadline_ns) {
  const auto steps = each(context, context.plan->cgroupSteps);
  uint32_t ordinal = 0;
  bool are_gone = true;
  for (const auto& step : steps) ordinal += is_owned(step) ? 1 : 0;
  for (const auto* step = steps.end(); step != steps.begin();) {
    step--;
    if (!is_owned(*step)) continue;
    ordinal--;
    const bool is_made = ordinal < kMaxOwned && (context.made_cgroups >> ordinal & 1) != 0;
    if (is_made && !remove_group(context.text(step->path), deadline_ns)) are_gone = false;
  }
  return are_gone;
}

}  // namespace

void remove_cgroups(Context& context, int patience_ms) {
  const uint64_t deadline_ns = sys::clock_ns(CLOCK_MONOTONIC) + static_cast<uint64_t>(patience_ms) * kMsNs;
  while (!remove_groups(context, deadline_ns) && !is_over(deadline_ns)) sys::sleep_ms(kRoundMs);
}

}  // namespace bulkhead::init
