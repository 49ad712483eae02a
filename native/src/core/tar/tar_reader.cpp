// The sequence of headers: extensions, then the entry that they belong to, then its data.
#include "core/tar/tar_reader.h"

#include "core/layers/errors.h"
#include "core/tar/entry_fields.h"
#include "core/tar/sparse.h"

namespace bulkhead {
namespace {

// Of one extension header; as much as other engines take.
constexpr std::int64_t kMaxExtension = 1024 * 1024;

}  // namespace

Result<std::optional<Entry>> TarReader::next() {
  Extensions extensions{global_, std::nullopt, std::nullopt};
  BULKHEAD_TRY(skip_rest());
  for (;;) {
    const std::optional<TarBlock> block = BULKHEAD_TRY(header());
    if (!block) return std::optional<Entry>();
    if (BULKHEAD_TRY(read_extension(TarHeader(*block), extensions))) continue;
    std::optional<Entry> found = BULKHEAD_TRY(entry(*block, std::move(extensions)));
    if (found) return found;
    BULKHEAD_TRY(skip_rest());
    extensions = {global_, std::nullopt, std::nullopt};
  }
}

Result<Bytes> TarReader::data() {
  if (data_left_ == 0) return Bytes{};
  const Bytes piece = BULKHEAD_TRY(stream_.data(data_left_));
  data_left_ -= piece.size();
  return piece;
}

// Two blocks of zeros end the archive; so does, for writers that forget them, the end of the stream.
Result<std::optional<TarBlock>> TarReader::header() {
  const std::optional<TarBlock> block = BULKHEAD_TRY(stream_.block());
  if (!block) return block;
  if (TarHeader(*block).is_zero()) {
    const std::optional<TarBlock> second = BULKHEAD_TRY(stream_.block());
    // After a lone block of zeros some readers stop and others go on: they would see different archives.
    if (second && !TarHeader(*second).is_zero()) return archive_error("", "a block of zeros is amid its entries");
    return std::optional<TarBlock>();
  }
  if (!TarHeader(*block).has_valid_checksum()) {
    return archive_error("", any_ ? "a header's checksum is wrong" : "it is not a tar archive");
  }
  any_ = true;
  return block;
}

/** Whether it was one. */
Result<bool> TarReader::read_extension(const TarHeader& header, Extensions& extensions) {
  switch (header.type()) {
    case 'x':
    case 'X': {
      const std::string records = BULKHEAD_TRY(extension_text(header));
      BULKHEAD_TRY(extensions.pax.parse(records));
      return true;
    }
    case 'g': {
      const std::string records = BULKHEAD_TRY(extension_text(header));
      BULKHEAD_TRY(global_.parse(records));
      if (global_.names_or_sizes()) return archive_error("", "a global pax header names or sizes entries");
      // Copied for each entry that follows.
      if (!global_.xattrs.empty()) return archive_error("", "a global pax header has extended attributes");
      extensions.pax = global_;
      return true;
    }
    case 'L':
      extensions.long_name = until_nul(BULKHEAD_TRY(extension_text(header)));
      return true;
    case 'K':
      extensions.long_link = until_nul(BULKHEAD_TRY(extension_text(header)));
      return true;
    default:
      return false;
  }
}

Result<std::string> TarReader::extension_text(const TarHeader& header) {
  const auto size = header.size();
  if (!size || *size < 0) return archive_error("", "an extension header has a bad size");
  if (*size > kMaxExtension) return limit_error("an extension header of more than 1 MiB");
  return stream_.text(static_cast<std::uint64_t>(*size));
}

/** nullopt: of a kind that is no file. */
Result<std::optional<Entry>> TarReader::entry(const TarBlock& block, Extensions extensions) {
  const TarHeader header(block);
  Entry made;
  made.name = choose_name(header, extensions.pax, extensions.long_name);
  made.link = choose_link(header, extensions.pax, extensions.long_link);
  const std::optional<EntryKind> kind = entry_kind(header.type(), made.name);
  made.kind = kind.value_or(EntryKind::kFile);
  BULKHEAD_TRY(fill_numbers(header, extensions.pax, made));
  if (header.type() == 'S') BULKHEAD_TRY(read_gnu_sparse(block, stream_, made));
  if (kind && extensions.pax.sparse) BULKHEAD_TRY(read_pax_sparse(*extensions.pax.sparse, stream_, made));
  if (made.is_sparse && made.kind != EntryKind::kFile) return archive_error(made.name, "only a file can be sparse");
  made.xattrs = std::move(extensions.pax.xattrs);
  data_left_ = made.size;
  padding_ = tar_padding(made.size);
  if (!kind) return std::optional<Entry>();
  return std::optional<Entry>(std::move(made));
}

Result<void> TarReader::skip_rest() {
  BULKHEAD_TRY(stream_.skip(data_left_));
  BULKHEAD_TRY(stream_.skip(padding_));
  data_left_ = padding_ = 0;
  return {};
}

}  // namespace bulkhead
