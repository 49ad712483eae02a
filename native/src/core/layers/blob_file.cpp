// Reading of a blob, with its digest.
#include "core/layers/blob_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace bulkhead {
namespace {

constexpr const char* kStep = "read-blob";

}  // namespace

Result<BlobFile> BlobFile::open(const std::string& path, UnpackControl& control) {
  // O_NONBLOCK: a fifo in the blob's place must not hang the thread.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return make_error(kStep, errno, path);
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return make_error(kStep, errno, path);
  if (!S_ISREG(status.st_mode)) return make_error(kStep, EINVAL, path);
  posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return BlobFile(std::move(fd), path, control);
}

Result<std::size_t> BlobFile::read(std::span<std::uint8_t> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    if (control_->cancelled.load(std::memory_order_relaxed)) return make_error(kStep, ECANCELED, path_);
    const ssize_t count = ::read(fd_.get(), into.data() + filled, into.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return make_error(kStep, errno, path_);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  hash_.update(into.first(filled));
  const std::uint64_t before = control_->blob_bytes.fetch_add(filled, std::memory_order_relaxed);
  if (control_->on_blob_bytes) control_->on_blob_bytes(before + filled);
  return filled;
}

}  // namespace bulkhead
