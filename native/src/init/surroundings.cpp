// What surrounds the container's process inside its namespaces: host name, loopback, kernel settings, the pivot.
#include "surroundings.h"

#include "mounts.h"

namespace bulkhead::init {

using plan::Step;

namespace {

// struct ifreq, the part that SIOCSIFFLAGS reads (netdevice(7)).
struct InterfaceFlags {
  char name[16] = "lo";
  short flags = 0;
  char rest[22] = {};
};
constexpr unsigned long kSetInterfaceFlags = 0x8914;
constexpr short kUpAndRunning = 0x1 | 0x40;
constexpr int kInet = 2;

// Safe because the descriptor is of a procfs that this process has mounted itself, BENEATH and NO_XDEV keep the path on
// it, and NO_MAGICLINKS refuses its links: the write can't be redirected (CVE-2025-52881).
int open_sysctl(Context& context, const char* path) {
  Buffer<512> name;
  if (name.put("sys/").put(path).overflowed()) fail(context, -ENAMETOOLONG);
  return must(context, sys::openat2(context.proc, name.text(), O_WRONLY,
                                    RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS));
}

}  // namespace

void set_hostname(Context& context) {
  const auto& plan = *context.plan;
  if (plan.hostname.offset == 0 && plan.domainname.offset == 0) return;
  enter(context, Step::kHostname, context.text(plan.hostname.offset != 0 ? plan.hostname : plan.domainname));
  if (plan.hostname.offset != 0)
    must(context, sys::call(__NR_sethostname, context.text(plan.hostname), plan.hostname.length));
  if (plan.domainname.offset != 0) {
    must(context, sys::call(__NR_setdomainname, context.text(plan.domainname), plan.domainname.length));
  }
}

void bring_loopback_up(Context& context) {
  if ((context.plan->flags & plan::kPlanLoopbackUp) == 0) return;
  enter(context, Step::kLoopback, "lo");
  InterfaceFlags request;
  request.flags = kUpAndRunning;
  const int socket = must(context, sys::socket(kInet, sys::kDatagram, 0));
  must(context, sys::ioctl(socket, kSetInterfaceFlags, &request));
  sys::close(socket);
}

void write_sysctls(Context& context) {
  if (context.plan->sysctls.count == 0) return;
  enter(context, Step::kSysctl);
  if (context.proc < 0) context.proc = must(context, new_filesystem("proc", nullptr, nullptr, 0));
  for (const auto& sysctl : each(context, context.plan->sysctls)) {
    enter(context, Step::kSysctl, context.text(sysctl.path));
    const int fd = open_sysctl(context, context.text(sysctl.path));
    must(context, sys::write(fd, context.text(sysctl.value), sysctl.value.length));
    sys::close(fd);
  }
}

// pivot_root(".", "."): the old root ends up stacked on the new one and is detached from there (pivot_root(2), NOTES).
void pivot(Context& context) {
  const auto& root = context.plan->root;
  enter(context, Step::kPivotRoot);
  must(context, sys::fchdir(context.root));
  if ((context.plan->flags & plan::kPlanNoPivot) != 0) {
    must(context, sys::chroot("."));
  } else {
    must(context, sys::pivot_root(".", "."));
    must(context, sys::umount2(".", 2));  // MNT_DETACH
  }
  must(context, sys::chdir("/"));
  if ((root.attributes & MOUNT_ATTR_RDONLY) != 0)
    must(context, sys::mount_setattr(context.root, 0, {MOUNT_ATTR_RDONLY, 0, 0, 0}));
  if (root.propagation != 0) must(context, sys::mount(nullptr, "/", nullptr, root.propagation, nullptr));
}

}  // namespace bulkhead::init
