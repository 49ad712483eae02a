// open(2), write(2).
#include "core/layers/file_output.h"

#include <fcntl.h>

#include <cerrno>

namespace bulkhead {

Result<FileOutput> FileOutput::create(const std::string& path, const char* step) {
  UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return make_error(step, errno, path);
  return FileOutput(std::move(file), path, step);
}

Result<void> FileOutput::write(Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return make_error(step_, errno, path_);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace bulkhead
