// The system call, which glibc 2.36 does not wrap.
#include "core/descriptor/open_beneath.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>

namespace bulkhead {

UniqueFd open_beneath(int directory, const std::string& path, std::uint64_t flags, std::uint64_t mode,
                      std::uint64_t resolve) {
  struct open_how how {};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = resolve;
  for (;;) {
    const long fd = syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
    // EAGAIN: somebody renamed or mounted something somewhere while ".." was resolved; the kernel asks to try again.
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) return UniqueFd(static_cast<int>(fd));
  }
}

}  // namespace bulkhead
