// Which blocks of a file are zeros. Not which are holes: that would depend on the file system, and on what is in the page cache, and the
// same file would be written in two ways. SEEK_DATA only spares the reading of what is zeros for certain.
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/layers/errors.h"
#include "core/layers/tree_entry.h"

namespace bulkhead {
namespace {

constexpr std::uint64_t kBlock = 1024 * 1024;
constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kMaxExtents = 64 * 1024;  // as the reader has it

Error read_error(const std::string& path) { return make_error("read-tree", errno, path); }

/** Where data may be, at `offset` or behind it; `size`: nowhere. */
std::uint64_t next_data(int file, std::uint64_t offset, std::uint64_t size) {
  const off_t data = lseek(file, static_cast<off_t>(offset), SEEK_DATA);
  if (data < 0) return errno == ENXIO ? size : offset;
  return std::max(offset, static_cast<std::uint64_t>(data) / kBlock * kBlock);
}

Result<bool> is_zeros(int file, std::uint64_t offset, std::uint64_t end, const std::string& path) {
  std::vector<char> piece(kPiece);
  while (offset < end) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(end - offset, piece.size()));
    const ssize_t count = pread(file, piece.data(), wanted, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return read_error(path);
    if (count == 0) return true;
    if (std::any_of(piece.begin(), piece.begin() + count, [](char byte) { return byte != 0; })) return false;
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

void append(std::vector<Extent>& extents, std::uint64_t offset, std::uint64_t end) {
  if (!extents.empty() && extents.back().offset + extents.back().size == offset) {
    extents.back().size += end - offset;
  } else {
    extents.push_back({offset, end - offset});
  }
}

}  // namespace

Result<std::optional<std::vector<Extent>>> find_extents(int file, std::uint64_t size, const std::string& path) {
  std::vector<Extent> extents;
  bool has_zeros = false;
  for (std::uint64_t offset = 0; offset < size;) {
    const std::uint64_t data = next_data(file, offset, size);
    has_zeros = has_zeros || data >= offset + kBlock;
    if (data >= size) break;
    const std::uint64_t end = std::min(size, data + kBlock);
    const bool zeros = BULKHEAD_TRY(is_zeros(file, data, end, path));
    if (!zeros) append(extents, data, end);
    if (extents.size() > kMaxExtents) return limit_error("extents of a sparse file");
    has_zeros = has_zeros || (zeros && end - data == kBlock);
    offset = end;
  }
  if (!has_zeros) return std::optional<std::vector<Extent>>();
  return std::optional<std::vector<Extent>>(std::move(extents));
}

}  // namespace bulkhead
