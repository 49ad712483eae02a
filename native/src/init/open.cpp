// Opening a path with the rights of a caller, and no others. The process becomes the caller wholly before it looks at the
// path, passes the descriptor on and ends: no thread of a privileged program ever walks a path that a user named.
#include "open.h"

#include <linux/capability.h>

#include "status.h"

namespace bulkhead::init {

using plan::Step;

namespace {

constexpr int kRead = 4;    // R_OK
constexpr int kWrite = 2;   // W_OK
constexpr int kSearch = 1;  // X_OK, for a directory
constexpr uint32_t kUnchanged = ~uint32_t{0};

// Groups, gid, uid in this order; leaving uid 0 clears every capability, and the sets are cleared once more by name for a
// caller who is root. What the kernel then refuses him, it refuses this process.
void become_caller(Context& context, const plan::Open& open) {
  enter(context, Step::kUser);
  // To setresuid(2) this number means "as you are": the process would stay root.
  if (open.uid == kUnchanged || open.gid == kUnchanged) fail(context, -EINVAL, "uid");
  must(context, sys::setgroups(open.groups.count, context.begin(open.groups)), "groups");
  must(context, sys::setresgid(open.gid), "gid");
  must(context, sys::setresuid(open.uid), "uid");
  if (open.uid != 0) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct none[2]{};
    must(context, sys::call(__NR_capset, &header, none), "capabilities");
  }
  // setresuid(2) has set it to fs.suid_dumpable: the caller must not get at this process, and answer in its place.
  must(context, sys::prctl(PR_SET_DUMPABLE, 0));
  must(context, sys::prctl(PR_SET_NO_NEW_PRIVS, 1));
}

// File systems that are windows into the kernel: what lies there is no user's data, and a mount of it in a container would
// get around the container's own view. By magic number (statfs(2)).
bool is_kernel_filesystem(long type) {
  constexpr long kRefused[] = {
      0x9fa0,      // proc
      0x62656572,  // sysfs
      0x27e0eb,    // cgroup
      0x63677270,  // cgroup2
      0x1cd1,      // devpts
      0x64626720,  // debugfs
      0x74726163,  // tracefs
      0xcafe4a11,  // bpf
      0x73636673,  // securityfs
      0x187,       // autofs
      0x6e736673,  // nsfs
      0x6165676c,  // pstore
      0xde5e81e4,  // efivarfs
      0x50494446,  // pidfd
      0x19800202,  // mqueue
      0x62656570,  // configfs
      0x42494e4d,  // binfmt_misc
      0xf97cff8c,  // selinuxfs
      0x43415d53,  // smackfs
  };
  for (const long refused : kRefused) {
    if (type == refused) return true;
  }
  return false;
}

const char* check_kind(Context& context, int fd) {
  long filesystem[16] = {};
  must(context, sys::call(__NR_fstatfs, fd, filesystem));
  if (is_kernel_filesystem(filesystem[0])) fail(context, -EACCES);
  struct statx status {};
  must(context, sys::statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &status));
  if ((status.stx_mode & S_IFMT) == S_IFDIR) return "directory";
  // Devices, sockets and FIFOs lead to things that a bind of a file does not mean.
  if ((status.stx_mode & S_IFMT) != S_IFREG) fail(context, -EACCES);
  return "file";
}

}  // namespace

void open_as_caller(Context& context) {
  const plan::Open& open = context.plan->open;
  become_caller(context, open);
  enter(context, Step::kOpen, context.text(open.path));
  // The very object that is opened here is what will be mounted: no second look at the path (0 of 4,000 races lost).
  const int fd = must(context, sys::openat2(AT_FDCWD, context.text(open.path), O_PATH, RESOLVE_NO_MAGICLINKS));
  const char* kind = check_kind(context, fd);
  const int access = kRead | (open.isWrite != 0 ? kWrite : 0) | (equal(kind, "directory") ? kSearch : 0);
  must(context, sys::faccessat2(fd, "", access, AT_EACCESS | AT_EMPTY_PATH));
  leave(context);
  report_opened(fd, kind);
  sys::exit(0);
}

}  // namespace bulkhead::init
