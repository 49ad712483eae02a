// pwrite(2) of the pieces as they come.
#include "core/layers/file_data.h"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "core/layers/errors.h"

namespace bulkhead {
namespace {

Result<void> write_at(int file, Bytes bytes, std::uint64_t offset, const Entry& entry) {
  while (!bytes.empty()) {
    const ssize_t count = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unpack_error(errno, entry.name);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<void> write_dense(int file, const Entry& entry, EntrySource& source) {
  std::uint64_t offset = 0;
  for (;;) {
    const Bytes piece = BULKHEAD_TRY(source.data());
    if (piece.empty()) return {};
    BULKHEAD_TRY(write_at(file, piece, offset, entry));
    offset += piece.size();
  }
}

// The extents were checked: ascending, within the file, and together as long as the data.
Result<void> write_sparse(int file, const Entry& entry, EntrySource& source) {
  if (entry.real_size > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max()))
    return unpack_error(EFBIG, entry.name);
  if (ftruncate(file, static_cast<off_t>(entry.real_size)) != 0) return unpack_error(errno, entry.name);
  Bytes piece;
  for (const Extent& extent : entry.extents) {
    for (std::uint64_t done = 0; done < extent.size;) {
      if (piece.empty()) piece = BULKHEAD_TRY(source.data());
      const Bytes part =
          piece.first(static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), extent.size - done)));
      BULKHEAD_TRY(write_at(file, part, extent.offset + done, entry));
      done += part.size();
      piece = piece.subspan(part.size());
    }
  }
  return {};
}

}  // namespace

Result<void> write_data(int file, const Entry& entry, EntrySource& source) {
  return entry.is_sparse ? write_sparse(file, entry, source) : write_dense(file, entry, source);
}

}  // namespace bulkhead
