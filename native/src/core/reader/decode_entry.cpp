// One entry out of a record: every field bounded, every length inside, nothing left over.
#include <cerrno>
#include <limits>

#include "core/layers/extents.h"
#include "core/reader/errors.h"
#include "core/reader/payload.h"
#include "core/reader/received_entries.h"

namespace bulkhead {

using channel::EntryFields;
using channel::XattrFields;

namespace {

// What the layer's own rules refuse (a name of more than 4,096 bytes, a link of 4,096) must get there to be refused with words.
constexpr std::size_t kMaxName = 1024 * 1024;
constexpr std::uint32_t kNoId = std::numeric_limits<std::uint32_t>::max();  // chown's "unchanged"
constexpr std::uint32_t kNanoseconds = 1'000'000'000;
constexpr std::uint32_t kMajors = 1 << 12;
constexpr std::uint32_t kMinors = 1 << 20;

Error bad(std::string_view what) { return reader_error(EPROTO, what); }

bool is_link(EntryKind kind) { return kind == EntryKind::kHardLink || kind == EntryKind::kSymlink; }

/** The numbers: within what the kernel takes; and nothing that only another kind of entry has. */
bool are_numbers_valid(const EntryFields& fields) {
  if (fields.kind > static_cast<std::uint32_t>(EntryKind::kFifo)) return false;
  const auto kind = static_cast<EntryKind>(fields.kind);
  const bool has_own_fields = (kind == EntryKind::kFile || (fields.size == 0 && fields.is_sparse == 0)) &&
                              (is_link(kind) || fields.link_size == 0);
  return has_own_fields && fields.is_sparse <= 1 && (fields.is_sparse == 1 || fields.extent_count == 0) &&
         fields.mode <= 07777 && fields.uid != kNoId && fields.gid != kNoId &&
         fields.mtime_nanoseconds < kNanoseconds && fields.device_major < kMajors && fields.device_minor < kMinors &&
         fields.extent_count <= kMaxExtents && fields.xattr_count <= kMaxXattrs;
}

Entry with_numbers(const EntryFields& fields) {
  Entry entry;
  entry.kind = static_cast<EntryKind>(fields.kind);
  entry.mode = fields.mode;
  entry.uid = fields.uid;
  entry.gid = fields.gid;
  entry.mtime_seconds = fields.mtime_seconds;
  entry.mtime_nanoseconds = fields.mtime_nanoseconds;
  entry.device_major = fields.device_major;
  entry.device_minor = fields.device_minor;
  entry.size = fields.size;
  entry.is_sparse = fields.is_sparse == 1;
  entry.real_size = fields.real_size;
  return entry;
}

Result<void> take_extents(Payload& payload, std::uint32_t count, Entry& entry) {
  for (std::uint32_t i = 0; i < count; ++i) entry.extents.push_back(BULKHEAD_TRY(payload.take<Extent>()));
  if (entry.is_sparse && !are_extents_valid(entry)) return bad("the map of a sparse file");
  return {};
}

Result<void> take_xattrs(Payload& payload, std::uint32_t count, Entry& entry) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto sizes = BULKHEAD_TRY(payload.take<XattrFields>());
    std::string name = BULKHEAD_TRY(payload.text(sizes.name_size, kMaxName));
    const std::string_view value = BULKHEAD_TRY(payload.take(sizes.value_size));
    entry.xattrs.push_back({std::move(name), std::string(value)});
  }
  return {};
}

}  // namespace

Result<Entry> decode_entry(std::string bytes) {
  Payload payload(std::move(bytes));
  const auto fields = BULKHEAD_TRY(payload.take<EntryFields>());
  if (!are_numbers_valid(fields)) return bad("a number of an entry");
  Entry entry = with_numbers(fields);
  entry.name = BULKHEAD_TRY(payload.text(fields.name_size, kMaxName));
  entry.link = BULKHEAD_TRY(payload.text(fields.link_size, kMaxName));
  BULKHEAD_TRY(take_extents(payload, fields.extent_count, entry));
  BULKHEAD_TRY(take_xattrs(payload, fields.xattr_count, entry));
  if (!payload.is_at_end()) return bad("a record that is too long");
  return entry;
}

}  // namespace bulkhead
