// Memory files that nobody can change any more: the executable and the plan are handed over in these.
#include "sealed_memfd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

extern "C" const std::byte bulkhead_init_image[];
extern "C" const std::byte bulkhead_init_image_end[];

namespace bulkhead {

namespace {

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U  // Linux 6.3
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U  // Linux 6.3
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020  // Linux 6.3
#endif

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

int create(const char* name, MemfdUse use) {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = memfd_create(name, flags | (use == MemfdUse::kExecutable ? MFD_EXEC : MFD_NOEXEC_SEAL));
  // Before 6.3 there are no such flags, and every memfd can be executed.
  return fd < 0 && errno == EINVAL ? memfd_create(name, flags) : fd;
}

bool write_all(int fd, std::span<const std::byte> content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content = content.subspan(static_cast<size_t>(written));
  }
  return true;
}

// F_SEAL_EXEC keeps the execute bits as they are; without it (before 6.3) the other seals are what protects the content.
bool seal(int fd) { return fcntl(fd, F_ADD_SEALS, kSeals | F_SEAL_EXEC) == 0 || fcntl(fd, F_ADD_SEALS, kSeals) == 0; }

}  // namespace

Result<UniqueFd> make_sealed_memfd(const char* name, std::span<const std::byte> content, MemfdUse use) {
  UniqueFd fd(create(name, use));
  if (!fd || !write_all(fd.get(), content) || !seal(fd.get())) return make_error("launch", errno, name);
  return fd;
}

// Safe because what runs as root inside a container's reach is a sealed copy: whoever gets hold of /proc/<pid>/exe can
// change neither it nor the file that this program was installed as (CVE-2019-5736).
Result<int> init_executable() {
  static std::mutex mutex;
  static UniqueFd executable;
  const std::lock_guard lock(mutex);
  if (!executable) {
    const std::span image(bulkhead_init_image, bulkhead_init_image_end);
    executable = BULKHEAD_TRY(make_sealed_memfd("bulkhead-init", image, MemfdUse::kExecutable));
  }
  return executable.get();
}

}  // namespace bulkhead
