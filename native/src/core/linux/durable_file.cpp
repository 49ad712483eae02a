#include "core/linux/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "core/descriptor/unique_fd.h"

namespace bulkhead {
namespace {

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool write_new(const std::string& path, std::string_view content) {
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  return fd && write_all(fd.get(), content) && fdatasync(fd.get()) == 0;
}

Result<void> sync_folder_of(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  const UniqueFd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || fsync(fd.get()) != 0) return make_error("write", errno, folder);
  return {};
}

}  // namespace

Result<void> replace_durably(const std::string& path, const std::string& temporary, std::string_view content) {
  if (write_new(temporary, content) && rename(temporary.c_str(), path.c_str()) == 0) return sync_folder_of(path);
  const int number = errno;
  if (number != EEXIST) unlink(temporary.c_str());
  return make_error("write", number, path);
}

}  // namespace bulkhead
