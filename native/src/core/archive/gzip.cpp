// From pieces of the stream's choice to pieces of the reader's.
#include "core/archive/gzip.h"

#include <algorithm>

namespace bulkhead {

Result<std::size_t> GzipDecompressor::read(std::span<std::uint8_t> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    if (rest_.empty()) rest_ = BULKHEAD_TRY(stream_.next());
    if (rest_.empty()) break;
    const std::size_t count = std::min(rest_.size(), into.size() - filled);
    std::copy_n(rest_.begin(), count, into.begin() + static_cast<std::ptrdiff_t>(filled));
    rest_ = rest_.subspan(count);
    filled += count;
  }
  return filled;
}

Result<Bytes> GzipDecompressor::Blob::next() {
  const Bytes bytes = BULKHEAD_TRY(input_.bytes());
  input_.use(bytes.size());
  return bytes;
}

}  // namespace bulkhead
