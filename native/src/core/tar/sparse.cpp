// Reading of the maps; whatever their form, they are checked by the same function.
#include "core/tar/sparse.h"

#include <charconv>

#include "core/layers/errors.h"
#include "core/layers/extents.h"

namespace bulkhead {
namespace {

Error bad_map(const Entry& entry) { return archive_error(entry.name, "its map of a sparse file is corrupt"); }

Result<void> check(const Entry& entry) {
  return are_extents_valid(entry) ? Result<void>() : Result<void>(bad_map(entry));
}

Result<void> add(Entry& entry, std::uint64_t offset, std::uint64_t size) {
  if (entry.extents.size() >= kMaxExtents) return limit_error("extents of a sparse file");
  entry.extents.push_back({offset, size});
  return {};
}

/** Extents of 24 bytes each from `at`, until an empty one. */
Result<bool> add_from_block(const TarBlock& block, std::size_t at, std::size_t count, Entry& entry) {
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes field = Bytes(block).subspan(at + 24 * i, 24);
    if (field[0] == 0) return false;
    const auto offset = parse_tar_number(field.first(12));
    const auto size = parse_tar_number(field.subspan(12));
    if (!offset || !size || *offset < 0 || *size < 0) return bad_map(entry);
    BULKHEAD_TRY(add(entry, static_cast<std::uint64_t>(*offset), static_cast<std::uint64_t>(*size)));
  }
  return true;
}

/** Reads the numbers, one a line, with which the data of version 1.0 begins. */
class MapReader {
 public:
  MapReader(TarStream& stream, Entry& entry) : stream_(&stream), entry_(&entry) {}

  Result<std::uint64_t> number() {
    std::uint64_t value = 0;
    for (int digits = 0;; ++digits) {
      const char c = BULKHEAD_TRY(character());
      if (c == '\n' && digits > 0) return value;
      if (c < '0' || c > '9' || digits >= 19) return bad_map(*entry_);
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
  }

 private:
  Result<char> character() {
    if (at_ == kTarBlock) {
      if (entry_->size < kTarBlock) return bad_map(*entry_);
      const std::optional<TarBlock> block = BULKHEAD_TRY(stream_->block());
      if (!block) return bad_map(*entry_);
      block_ = *block;
      entry_->size -= kTarBlock;
      at_ = 0;
    }
    return static_cast<char>(block_[at_++]);
  }

  TarStream* stream_;
  Entry* entry_;
  TarBlock block_{};
  std::size_t at_ = kTarBlock;
};

Result<void> read_map(TarStream& stream, Entry& entry) {
  MapReader reader(stream, entry);
  const std::uint64_t count = BULKHEAD_TRY(reader.number());
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t offset = BULKHEAD_TRY(reader.number());
    const std::uint64_t size = BULKHEAD_TRY(reader.number());
    BULKHEAD_TRY(add(entry, offset, size));
  }
  return {};
}

}  // namespace

Result<void> read_gnu_sparse(const TarBlock& header, TarStream& stream, Entry& entry) {
  const auto real_size = TarHeader(header).gnu_real_size();
  if (!real_size || *real_size < 0) return bad_map(entry);
  entry.is_sparse = true;
  entry.real_size = static_cast<std::uint64_t>(*real_size);
  bool more = BULKHEAD_TRY(add_from_block(header, 386, 4, entry));
  bool extended = TarHeader(header).gnu_is_extended();
  while (extended) {
    const std::optional<TarBlock> block = BULKHEAD_TRY(stream.block());
    if (!block) return bad_map(entry);
    if (more) more = BULKHEAD_TRY(add_from_block(*block, 0, 21, entry));
    extended = (*block)[504] != 0;
  }
  return check(entry);
}

Result<void> read_pax_sparse(const PaxSparse& sparse, TarStream& stream, Entry& entry) {
  if (sparse.major > 1 || (sparse.major == 1 && sparse.minor != 0)) return bad_map(entry);
  if (!sparse.real_size || sparse.map.size() % 2 != 0) return bad_map(entry);
  entry.is_sparse = true;
  entry.real_size = *sparse.real_size;
  if (sparse.is_version_1()) {
    BULKHEAD_TRY(read_map(stream, entry));
  } else {
    for (std::size_t i = 0; i < sparse.map.size(); i += 2) BULKHEAD_TRY(add(entry, sparse.map[i], sparse.map[i + 1]));
  }
  return check(entry);
}

}  // namespace bulkhead
