// AppArmor's profile and SELinux's context for the next execve.
#include "files.h"
#include "process.h"

namespace bulkhead::init {

namespace {

constexpr long kProcMagic = 0x9fa0;  // PROC_SUPER_MAGIC

void write_attribute(Context& context, int proc, const char* path, plan::Text label) {
  const int fd =
      must(context, sys::openat2(proc, path, O_WRONLY, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS));
  must(context, sys::write(fd, context.text(label), label.length));
  sys::close(fd);
}

}  // namespace

// Done first of all, while /proc is still the host's: no container has put anything there (CVE-2019-16884), and what is asked
// here is kept over clone and setns until execve. A kernel without the module refuses the write, which ends the launch: a
// process is never less confined than the config says.
void set_security_labels(Context& context) {
  const auto& process = context.plan->process;
  if (process.appArmor.offset == 0 && process.seLinux.offset == 0) return;
  enter(context, plan::Step::kSecurityLabel,
        context.text(process.appArmor.offset != 0 ? process.appArmor : process.seLinux));
  const int proc = must(context, sys::openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW));
  long filesystem[16] = {};
  must(context, sys::call(__NR_fstatfs, proc, filesystem));
  if (filesystem[0] != kProcMagic) fail(context, -ENODEV);
  // Linux 5.8 has a file of AppArmor's own; before, and with one module only, they share one.
  if (process.appArmor.offset != 0) write_attribute(context, proc, "self/attr/apparmor/exec", process.appArmor);
  if (process.seLinux.offset != 0) write_attribute(context, proc, "self/attr/exec", process.seLinux);
  sys::close(proc);
}

}  // namespace bulkhead::init
