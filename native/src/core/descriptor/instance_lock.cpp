// The lock belongs to the open file: it is close-on-exec and deliberately never closed.
#include "core/descriptor/instance_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "core/descriptor/unique_fd.h"

namespace bulkhead {

Result<bool> lock_instance(const std::string& path) {
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return make_error("lock", errno, path);
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    return make_error("lock", errno, path);
  }
  file.release();
  return true;
}

}  // namespace bulkhead
