// POSIX.1-2001, pax: "ustar Interchange Format", "pax Extended Header"; the GNU tar manual, "Storing Sparse Files".
#include "core/layers/tar_headers.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/tar/tar_header.h"
#include "core/tar/tar_stream.h"

namespace bulkhead {
namespace {

constexpr std::size_t kNameSize = 100;
constexpr std::uint64_t kMaxOctalId = 07777777;
constexpr std::uint64_t kMaxOctalSize = 077777777777;
constexpr std::uint32_t kNanoseconds = 1'000'000'000;

void put_text(TarBlock& block, std::size_t at, std::string_view text) {
  std::memcpy(&block[at], text.data(), text.size());
}

/** `size` bytes: octal digits and a NUL. */
void put_octal(TarBlock& block, std::size_t at, std::size_t size, std::uint64_t number) {
  for (std::size_t i = size - 1; i-- > 0; number >>= 3) block[at + i] = static_cast<std::uint8_t>('0' + (number & 7));
}

struct Fields {
  std::string name;
  char type = '0';
  std::string link = {};
  std::uint32_t mode = 0;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::uint64_t size = 0;
  std::uint64_t mtime = 0;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
};

std::string header(const Fields& fields) {
  TarBlock block{};
  put_text(block, 0, fields.name);
  put_octal(block, 100, 8, fields.mode);
  put_octal(block, 108, 8, fields.uid);
  put_octal(block, 116, 8, fields.gid);
  put_octal(block, 124, 12, fields.size);
  put_octal(block, 136, 12, fields.mtime);
  put_text(block, 148, "        ");
  block[156] = static_cast<std::uint8_t>(fields.type);
  put_text(block, 157, fields.link);
  put_text(block, 257,
           std::string_view("ustar\0"
                            "00",
                            8));
  put_octal(block, 329, 8, fields.device_major);
  put_octal(block, 337, 8, fields.device_minor);
  std::uint64_t sum = 0;
  for (const std::uint8_t byte : block) sum += byte;
  put_octal(block, 148, 7, sum);
  block[154] = 0;
  return std::string(block.begin(), block.end());
}

std::string padded(std::string text) {
  text.append(tar_padding(text.size()), '\0');
  return text;
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
void add_record(std::string& records, std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (rest + std::to_string(length).size() != length) length = rest + std::to_string(length).size();
  records.append(std::to_string(length)).append(" ").append(key).append("=").append(value).append("\n");
}

// Decimal, without trailing zeros: what is 750 ms after -2 is -1.25.
std::string time_text(std::int64_t seconds, std::uint32_t nanoseconds) {
  const bool is_between = seconds < 0 && nanoseconds > 0;
  const std::uint32_t fraction = is_between ? kNanoseconds - nanoseconds : nanoseconds;
  const std::uint64_t whole =
      seconds < 0 ? static_cast<std::uint64_t>(-(seconds + (is_between ? 1 : 0))) : static_cast<std::uint64_t>(seconds);
  std::string digits = std::to_string(fraction);
  digits.insert(0, 9 - digits.size(), '0');
  digits.erase(digits.find_last_not_of('0') + 1);
  return (seconds < 0 ? "-" : "") + std::to_string(whole) + (digits.empty() ? "" : "." + digits);
}

bool has_octal_time(const Entry& entry) {
  return entry.mtime_seconds >= 0 && static_cast<std::uint64_t>(entry.mtime_seconds) <= kMaxOctalSize;
}

char type_of(EntryKind kind) {
  switch (kind) {
    case EntryKind::kHardLink:
      return '1';
    case EntryKind::kSymlink:
      return '2';
    case EntryKind::kCharDevice:
      return '3';
    case EntryKind::kBlockDevice:
      return '4';
    case EntryKind::kDirectory:
      return '5';
    case EntryKind::kFifo:
      return '6';
    case EntryKind::kFile:
      break;
  }
  return '0';
}

/** The last component, as far as it fits behind `prefix`: for headers whose true name is elsewhere. */
std::string stand_in(std::string_view prefix, const std::string& name) {
  const std::size_t slash = name.rfind('/');
  return (std::string(prefix) + (slash == std::string::npos ? name : name.substr(slash + 1))).substr(0, kNameSize);
}

/** Of version 1.0: numbers, one a line. */
std::string sparse_map(const Entry& entry) {
  std::string map = std::to_string(entry.extents.size()) + "\n";
  for (const Extent& extent : entry.extents)
    map.append(std::to_string(extent.offset)).append("\n").append(std::to_string(extent.size)).append("\n");
  return padded(std::move(map));
}

std::string full_name(const Entry& entry) {
  if (entry.name.empty()) return "./";
  return entry.kind == EntryKind::kDirectory ? entry.name + "/" : entry.name;
}

// An attribute whose name has '=' can't be said in this form.
void add_xattrs(std::string& records, const Entry& entry) {
  for (const Xattr& xattr : entry.xattrs)
    if (xattr.name.find('=') == std::string::npos) add_record(records, "SCHILY.xattr." + xattr.name, xattr.value);
}

std::string records_of(const Entry& entry, const std::string& name, std::uint64_t size) {
  std::string records;
  if (name.size() > kNameSize && !entry.is_sparse) add_record(records, "path", name);
  if (entry.link.size() > kNameSize) add_record(records, "linkpath", entry.link);
  if (size > kMaxOctalSize) add_record(records, "size", std::to_string(size));
  if (entry.uid > kMaxOctalId) add_record(records, "uid", std::to_string(entry.uid));
  if (entry.gid > kMaxOctalId) add_record(records, "gid", std::to_string(entry.gid));
  if (entry.mtime_nanoseconds != 0 || !has_octal_time(entry))
    add_record(records, "mtime", time_text(entry.mtime_seconds, entry.mtime_nanoseconds));
  if (entry.is_sparse) {
    add_record(records, "GNU.sparse.major", "1");
    add_record(records, "GNU.sparse.minor", "0");
    add_record(records, "GNU.sparse.name", name);
    add_record(records, "GNU.sparse.realsize", std::to_string(entry.real_size));
  }
  add_xattrs(records, entry);
  return records;
}

}  // namespace

std::string tar_headers(const Entry& entry) {
  const std::string name = full_name(entry);
  const std::string map = entry.is_sparse ? sparse_map(entry) : "";
  const std::uint64_t size = entry.size + map.size();
  const std::string records = records_of(entry, name, size);
  std::string blocks;
  if (!records.empty()) {
    blocks += header({.name = stand_in("PaxHeaders/", entry.name), .type = 'x', .mode = 0644, .size = records.size()});
    blocks += padded(records);
  }
  blocks += header({.name = entry.is_sparse ? stand_in("GNUSparseFile.0/", name) : name.substr(0, kNameSize),
                    .type = type_of(entry.kind),
                    .link = entry.link.substr(0, kNameSize),
                    .mode = entry.mode,
                    .uid = entry.uid > kMaxOctalId ? 0 : entry.uid,
                    .gid = entry.gid > kMaxOctalId ? 0 : entry.gid,
                    .size = size > kMaxOctalSize ? 0 : size,
                    .mtime = has_octal_time(entry) ? static_cast<std::uint64_t>(entry.mtime_seconds) : 0,
                    .device_major = entry.device_major,
                    .device_minor = entry.device_minor});
  return blocks + map;
}

std::string tar_marker(const std::string& path) {
  Entry marker;
  marker.name = path;
  return tar_headers(marker);
}

std::string tar_end() { return std::string(2 * kTarBlock, '\0'); }

}  // namespace bulkhead
