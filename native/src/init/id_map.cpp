// User namespaces: their id maps, and ones that exist only to describe an idmapped mount.
#include "id_map.h"

namespace bulkhead::init {

using plan::Array;
using plan::IdMapping;

namespace {

// /proc/<pid> here is the host's own procfs, in the host's mount namespace: no container can have put anything there.
long open_proc(int pid, const char* file, int flags) {
  Buffer<64> path;
  path.put("/proc/").number(pid).put(file);
  return sys::openat(AT_FDCWD, path.text(), flags);
}

long write_proc(int pid, const char* file, const char* text, size_t size) {
  const long fd = open_proc(pid, file, O_WRONLY);
  if (fd < 0) return fd;
  const long written = sys::write(static_cast<int>(fd), text, size);
  sys::close(static_cast<int>(fd));
  return written < 0 ? written : 0;
}

long write_map(Context& context, int pid, const char* file, Array<IdMapping> map) {
  Buffer<4096> text;  // the kernel takes less than a page, in one write (user_namespaces(7))
  for (const auto& mapping : each(context, map)) {
    text.number(uint64_t{mapping.inside})
        .put(' ')
        .number(uint64_t{mapping.outside})
        .put(' ')
        .number(uint64_t{mapping.count})
        .put('\n');
  }
  if (text.overflowed()) return -E2BIG;
  return text.size() == 0 ? 0 : write_proc(pid, file, text.text(), text.size());
}

}  // namespace

void write_id_maps(Context& context, int pid) {
  enter(context, plan::Step::kIdMap);
  if ((context.plan->flags & plan::kPlanDenySetgroups) != 0)
    must(context, write_proc(pid, "/setgroups", "deny", 4), "setgroups");
  must(context, write_map(context, pid, "/gid_map", context.plan->gidMappings), "gid_map");
  must(context, write_map(context, pid, "/uid_map", context.plan->uidMappings), "uid_map");
}

// A namespace needs a process to be made in: one that does nothing but wait to be killed.
long make_user_namespace(Context& context, Array<IdMapping> uid_map, Array<IdMapping> gid_map) {
  clone_args arguments{};
  arguments.flags = CLONE_NEWUSER;
  arguments.exit_signal = SIGCHLD;
  const long pid = sys::clone3(arguments);
  if (pid < 0) return pid;
  if (pid == 0) {
    sys::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) sys::poll(nullptr, 0, -1);
  }
  long result = write_map(context, static_cast<int>(pid), "/gid_map", gid_map);
  if (result >= 0) result = write_map(context, static_cast<int>(pid), "/uid_map", uid_map);
  if (result >= 0) result = open_proc(static_cast<int>(pid), "/ns/user", O_RDONLY);
  sys::kill(static_cast<int>(pid), SIGKILL);
  sys::waitid(P_PID, static_cast<int>(pid), nullptr, WEXITED);
  return result;
}

}  // namespace bulkhead::init
