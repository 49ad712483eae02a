// The precedence of headers and extensions.
#include "core/tar/entry_fields.h"

#include <limits>

#include "core/layers/errors.h"

namespace bulkhead {
namespace {

constexpr std::int64_t kMaxId = std::int64_t{std::numeric_limits<std::uint32_t>::max()} - 1;
// The largest size that the header's own twelve bytes can hold in octal.
constexpr std::uint64_t kMaxOctalSize = (std::uint64_t{1} << 33) - 1;

bool has_data(EntryKind kind) { return kind == EntryKind::kFile; }

Result<std::uint32_t> id(const Entry& entry, std::optional<std::uint32_t> pax, std::optional<std::int64_t> own) {
  if (pax) return *pax;
  if (!own || *own < 0 || *own > kMaxId) return archive_error(entry.name, "its owner is not a number that can be one");
  return static_cast<std::uint32_t>(*own);
}

Result<std::uint64_t> data_size(const TarHeader& header, const PaxRecords& pax, const Entry& entry) {
  const auto own = header.size();
  if (!own || *own < 0) return archive_error(entry.name, "its size is not a number");
  const auto size = static_cast<std::uint64_t>(*own);
  if (!pax.size) return size;
  // A reader of the one size and a reader of the other would take different bytes for the next header.
  const bool contradictory = size != 0 && size != *pax.size && *pax.size <= kMaxOctalSize;
  if (contradictory) return archive_error(entry.name, "its two sizes contradict each other");
  return *pax.size;
}

Result<void> fill_device(const TarHeader& header, Entry& entry) {
  const auto major = header.device_major();
  const auto minor = header.device_minor();
  // 12 and 20 bits: the kernel's dev_t.
  const bool valid = major && minor && *major >= 0 && *major < 1 << 12 && *minor >= 0 && *minor < 1 << 20;
  if (!valid) return archive_error(entry.name, "its device number is not one");
  entry.device_major = static_cast<std::uint32_t>(*major);
  entry.device_minor = static_cast<std::uint32_t>(*minor);
  return {};
}

}  // namespace

std::optional<EntryKind> entry_kind(char type, const std::string& name) {
  switch (type) {
    case '\0':
    case '0':
      // Before ustar a directory was a name that ends so.
      return name.ends_with('/') ? EntryKind::kDirectory : EntryKind::kFile;
    case '7':
    case 'S':
      return EntryKind::kFile;
    case '1':
      return EntryKind::kHardLink;
    case '2':
      return EntryKind::kSymlink;
    case '3':
      return EntryKind::kCharDevice;
    case '4':
      return EntryKind::kBlockDevice;
    case '5':
      return EntryKind::kDirectory;
    case '6':
      return EntryKind::kFifo;
    default:
      return std::nullopt;
  }
}

std::string choose_name(const TarHeader& header, const PaxRecords& pax, const std::optional<std::string>& long_name) {
  if (pax.sparse && pax.sparse->name) return *pax.sparse->name;
  if (pax.path) return *pax.path;
  return long_name ? *long_name : header.name();
}

std::string choose_link(const TarHeader& header, const PaxRecords& pax, const std::optional<std::string>& long_link) {
  if (pax.link_path) return *pax.link_path;
  return long_link ? *long_link : header.link();
}

Result<void> fill_numbers(const TarHeader& header, const PaxRecords& pax, Entry& entry) {
  const auto mode = header.mode();
  const auto mtime = header.mtime();
  if (!mode) return archive_error(entry.name, "its mode is not a number");
  if (!mtime) return archive_error(entry.name, "its time is not a number");
  entry.mode = static_cast<std::uint32_t>(*mode & 07777);
  entry.uid = BULKHEAD_TRY(id(entry, pax.uid, header.uid()));
  entry.gid = BULKHEAD_TRY(id(entry, pax.gid, header.gid()));
  entry.mtime_seconds = pax.mtime ? pax.mtime->seconds : *mtime;
  entry.mtime_nanoseconds = pax.mtime ? pax.mtime->nanoseconds : 0;
  const bool is_device = entry.kind == EntryKind::kCharDevice || entry.kind == EntryKind::kBlockDevice;
  if (is_device) BULKHEAD_TRY(fill_device(header, entry));
  // Links, devices and directories have no data, whatever their size field says: so read all the others.
  if (has_data(entry.kind)) entry.size = BULKHEAD_TRY(data_size(header, pax, entry));
  return {};
}

std::string until_nul(std::string text) {
  text.resize(text.find('\0') == std::string::npos ? text.size() : text.find('\0'));
  return text;
}

}  // namespace bulkhead
