// Reading in blocks and pieces.
#include "core/tar/tar_stream.h"

#include <algorithm>
#include <cstring>

#include "core/layers/errors.h"

namespace bulkhead {
namespace {

Error truncated() { return archive_error("", "the tar is truncated"); }

}  // namespace

Result<bool> TarStream::fill() {
  if (rest_.empty()) rest_ = BULKHEAD_TRY(source_->next());
  return !rest_.empty();
}

Result<std::optional<TarBlock>> TarStream::block() {
  TarBlock block;
  std::size_t filled = 0;
  while (filled < kTarBlock) {
    if (!BULKHEAD_TRY(fill())) {
      if (filled > 0) return truncated();
      return std::optional<TarBlock>();
    }
    const std::size_t count = std::min(rest_.size(), kTarBlock - filled);
    std::memcpy(block.data() + filled, rest_.data(), count);
    rest_ = rest_.subspan(count);
    filled += count;
  }
  return std::optional<TarBlock>(block);
}

Result<Bytes> TarStream::data(std::uint64_t limit) {
  if (!BULKHEAD_TRY(fill())) return truncated();
  const Bytes piece = rest_.first(static_cast<std::size_t>(std::min<std::uint64_t>(rest_.size(), limit)));
  rest_ = rest_.subspan(piece.size());
  return piece;
}

Result<void> TarStream::skip(std::uint64_t count) {
  while (count > 0) count -= BULKHEAD_TRY(data(count)).size();
  return {};
}

Result<std::string> TarStream::text(std::uint64_t size) {
  std::string text;
  while (text.size() < size) {
    const Bytes piece = BULKHEAD_TRY(data(size - text.size()));
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  }
  BULKHEAD_TRY(skip(tar_padding(size)));
  return text;
}

Result<void> TarStream::drain() {
  while (BULKHEAD_TRY(fill())) rest_ = {};
  return {};
}

}  // namespace bulkhead
