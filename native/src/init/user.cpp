// The process's user: numbers as they are, names from the container's own /etc/passwd and /etc/group.
//
// Safe because both files are data of the image: opened inside the root, regular files only (never a FIFO or a device that
// waits), at most 1 MiB, parsed here and not by NSS, whose modules would come from the image. A purely numeric text is never
// looked up as a name (CVE-2016-3697), and a number beyond 2^32 − 2 is an error, not a wrapped zero (CVE-2024-40635).
#include "account_lines.h"
#include "process.h"
#include "resolve.h"

namespace bulkhead::init {

namespace {

constexpr uint64_t kIdMax = 0xfffffffe;
constexpr size_t kFileMax = 1u << 20;
constexpr uint32_t kGroupsMax = 65536;  // NGROUPS_MAX, of every kernel since 2.6.4

uint32_t number_or_fail(Context& context, Span text) {
  uint64_t value;
  if (!parse_number(text.first, text.last, kIdMax, &value)) fail(context, -ERANGE);
  return static_cast<uint32_t>(value);
}

// Only a regular file: looked at (O_PATH) before it is opened, for to open a FIFO or a device might wait or do something.
int open_regular(Context& context, const char* path) {
  struct statx status {};
  const long probe = probe_in_root(context, path, status);
  if (probe == -ENOENT || probe == -ENOTDIR) return -1;
  must(context, probe, path);
  if ((status.stx_mode & S_IFMT) != S_IFREG) fail(context, -EINVAL, path);
  return must(context, reopen_in_root(context, path, O_RDONLY | O_NONBLOCK, status), path);
}

// The file's content in fresh memory; empty when there is no such file. Never unmapped: execve does.
Span load(Context& context, const char* path) {
  const int fd = open_regular(context, path);
  if (fd < 0) return {};
  const long memory = sys::mmap(kFileMax + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
  if (memory < 0 && memory > -4096) fail(context, memory, path);
  auto* bytes = reinterpret_cast<char*>(memory);
  size_t size = 0;
  for (long n = 1; n > 0 && size <= kFileMax; size += static_cast<size_t>(n)) {
    n = must(context, sys::read(fd, bytes + size, kFileMax + 1 - size), path);
  }
  if (size > kFileMax) fail(context, -EFBIG, path);
  sys::close(fd);
  return {bytes, bytes + size};
}

const char* copy_home(Span home) {
  static char copy[4096];
  if (home.size() == 0 || home.size() >= sizeof copy) return nullptr;
  for (size_t i = 0; i < home.size(); i++) copy[i] = home.first[i];
  return copy;
}

// In memory that is touched only as far as there are groups.
void append_group(Context& context, Identity& identity, uint32_t gid) {
  if (identity.groups == nullptr) {
    const long memory =
        sys::mmap(kGroupsMax * sizeof(uint32_t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (memory < 0 && memory > -4096) fail(context, memory, "groups");
    identity.groups = reinterpret_cast<uint32_t*>(memory);
  }
  if (identity.group_count == kGroupsMax) fail(context, -E2BIG, "groups");
  identity.groups[identity.group_count++] = gid;
}

void add_group(Context& context, Identity& identity, uint32_t gid) {
  for (uint32_t i = 0; i < identity.group_count; i++) {
    if (identity.groups[i] == gid) return;
  }
  append_group(context, identity, gid);
}

void add_memberships(Context& context, Identity& identity, Span name) {
  Span groups = load(context, "/etc/group");
  while (groups.first != groups.last) {
    const Span line = next_line(groups);
    if (list_has(field(line, 3), name)) add_group(context, identity, number_or_fail(context, field(line, 2)));
  }
}

void take_user(Context& context, Identity& identity, Span user, bool has_group) {
  const Span line = find_user(load(context, "/etc/passwd"), user);
  if (line.first == nullptr && !is_number(user)) fail(context, -ENOENT);
  identity.uid = number_or_fail(context, line.first == nullptr || is_number(user) ? user : field(line, 2));
  if (line.first == nullptr) return;
  identity.home = copy_home(field(line, 5));
  if (has_group) return;
  identity.gid = number_or_fail(context, field(line, 3));
  add_memberships(context, identity, field(line, 0));
}

void take_group(Context& context, Identity& identity, Span group) {
  if (is_number(group)) {
    identity.gid = number_or_fail(context, group);
    return;
  }
  const Span line = find_group(load(context, "/etc/group"), group);
  if (line.first == nullptr) fail(context, -ENOENT);
  identity.gid = number_or_fail(context, field(line, 2));
}

void take_names(Context& context, Identity& identity, const char* text) {
  const char* colon = find(text, ':');
  const Span user{text, colon != nullptr ? colon : text + length(text)};
  if (user.size() == 0) fail(context, -EINVAL);
  // "1000:" names no group: it is not looked for, though a line of /etc/group may have no name either.
  const bool has_group = colon != nullptr && colon[1] != '\0';
  take_user(context, identity, user, has_group);
  if (has_group) take_group(context, identity, {colon + 1, colon + 1 + length(colon + 1)});
  // The primary group too: a set-group-ID program must not shed it, and with it what it is denied (CVE-2022-36109).
  add_group(context, identity, identity.gid);
}

// HOME of a uid that came as a number.
void take_home(Context& context, Identity& identity) {
  Buffer<16> number;
  number.number(uint64_t{identity.uid});
  const Span line = find_user(load(context, "/etc/passwd"), {number.text(), number.text() + number.size()});
  if (line.first != nullptr) identity.home = copy_home(field(line, 5));
}

}  // namespace

void resolve_user(Context& context, Identity& identity) {
  const auto& process = context.plan->process;
  const char* user = context.optional(process.user);
  enter(context, plan::Step::kUser, user == nullptr ? "" : user);
  identity.uid = process.uid;
  identity.gid = process.gid;
  if (user != nullptr) {
    take_names(context, identity, user);
  } else if ((process.flags & plan::kProcessSetHome) != 0) {
    take_home(context, identity);
  }
  // As they come: looking for doubles among 65,536 would take seconds, and setgroups(2) does not mind them.
  for (const uint32_t gid : each(context, process.groups)) append_group(context, identity, gid);
}

}  // namespace bulkhead::init
