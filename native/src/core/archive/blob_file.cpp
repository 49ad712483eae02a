// Reading of a blob.
#include "core/archive/blob_file.h"

#include <unistd.h>

#include <cerrno>

namespace bulkhead {

Result<std::size_t> BlobFile::read(std::span<std::uint8_t> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const ssize_t count = ::read(fd_, into.data() + filled, into.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return make_error("read-blob", errno, "");
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes_.fetch_add(filled, std::memory_order_relaxed);
  return filled;
}

}  // namespace bulkhead
