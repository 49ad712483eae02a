// The record loop, and what each key means.
#include "core/tar/pax.h"

#include <charconv>
#include <limits>

#include "core/layers/errors.h"
#include "core/layers/extents.h"
#include "core/tar/xattr_text.h"

namespace bulkhead {
namespace {

constexpr std::uint32_t kMaxId = std::numeric_limits<std::uint32_t>::max() - 1;  // chown's "unchanged" is no id

Error bad(std::string_view key) { return archive_error("", "its pax header has a bad " + std::string(key)); }

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> parse_id(std::string_view text) {
  const auto value = parse_decimal(text);
  if (!value || *value > kMaxId) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

// Decimal seconds, signed, with any number of fraction digits: -1.25 is 750 ms after -2.
std::optional<PaxTime> parse_time(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const auto seconds = parse_decimal(text.substr(0, point));
  if (!seconds || *seconds > (std::uint64_t{1} << 62)) return std::nullopt;
  std::string digits(point == std::string_view::npos ? "" : text.substr(point + 1));
  if (digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  digits.resize(9, '0');
  const auto nanoseconds = static_cast<std::uint32_t>(parse_decimal(digits).value_or(0));
  const auto whole = static_cast<std::int64_t>(*seconds);
  if (!negative) return PaxTime{whole, nanoseconds};
  if (nanoseconds == 0) return PaxTime{-whole, 0};
  return PaxTime{-whole - 1, 1'000'000'000 - nanoseconds};
}

bool is_path(std::string_view value) { return value.find('\0') == std::string_view::npos; }

template <class T>
Result<void> set(std::optional<T>& field, std::string_view key, std::string_view value, std::optional<T> parsed) {
  if (!value.empty() && !parsed) return bad(key);
  field = value.empty() ? std::nullopt : std::move(parsed);
  return {};
}

std::optional<std::string> parse_path(std::string_view value) {
  return is_path(value) ? std::optional<std::string>(value) : std::nullopt;
}

/** One record; `text` is left behind it. */
struct Record {
  std::string_view key;
  std::string_view value;
};

std::optional<Record> take_record(std::string_view& text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || space > 19) return std::nullopt;
  const auto length = parse_decimal(text.substr(0, space));
  if (!length || *length < space + 3 || *length > text.size()) return std::nullopt;
  std::string_view body = text.substr(space + 1, static_cast<std::size_t>(*length) - space - 1);
  if (body.back() != '\n') return std::nullopt;
  body.remove_suffix(1);
  const std::size_t equals = body.find('=');
  if (equals == std::string_view::npos || equals == 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(*length));
  return Record{body.substr(0, equals), body.substr(equals + 1)};
}

}  // namespace

Result<void> PaxRecords::parse(std::string_view text) {
  while (!text.empty()) {
    const auto record = take_record(text);
    if (!record) return bad("record");
    BULKHEAD_TRY(apply(record->key, record->value));
  }
  return {};
}

Result<void> PaxRecords::apply(std::string_view key, std::string_view value) {
  constexpr std::string_view kSchily = "SCHILY.xattr.";
  constexpr std::string_view kLibarchive = "LIBARCHIVE.xattr.";
  if (key == "path") return set(path, key, value, parse_path(value));
  if (key == "linkpath") return set(link_path, key, value, parse_path(value));
  if (key == "size") return set(size, key, value, parse_decimal(value));
  if (key == "uid") return set(uid, key, value, parse_id(value));
  if (key == "gid") return set(gid, key, value, parse_id(value));
  if (key == "mtime") return set(mtime, key, value, parse_time(value));
  if (key.starts_with("GNU.sparse.")) return apply_sparse(key, value);
  if (key.starts_with(kSchily)) return set_xattr(std::string(key.substr(kSchily.size())), std::string(value));
  if (key.starts_with(kLibarchive)) {
    auto name = decode_percent(key.substr(kLibarchive.size()));
    auto bytes = decode_base64(value);
    if (!name || !bytes) return bad(key);
    return set_xattr(std::move(*name), std::move(*bytes));
  }
  return {};
}

Result<void> PaxRecords::apply_sparse(std::string_view key, std::string_view value) {
  if (!sparse) sparse.emplace();
  const std::string_view field = key.substr(std::string_view("GNU.sparse.").size());
  if (field == "name") return set(sparse->name, key, value, parse_path(value));
  if (field == "numblocks") return {};
  if (field != "map") {
    const auto number = parse_decimal(value);
    if (!number) return bad(key);
    if (field == "major") sparse->major = *number;
    if (field == "minor") sparse->minor = *number;
    if (field == "realsize" || field == "size") sparse->real_size = *number;
    if (field == "offset" || field == "numbytes") sparse->map.push_back(*number);
    return sparse->map.size() > 2 * kMaxExtents ? Result<void>(limit_error("extents of a sparse file"))
                                                : Result<void>();
  }
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    const auto number = parse_decimal(value.substr(0, comma));
    if (!number || sparse->map.size() >= 2 * kMaxExtents) return bad(key);
    sparse->map.push_back(*number);
    value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
  }
  return {};
}

Result<void> PaxRecords::set_xattr(std::string name, std::string value) {
  if (name.empty() || !is_path(name)) return bad("xattr name");
  std::erase_if(xattrs, [&](const Xattr& known) { return known.name == name; });
  if (xattrs.size() == kMaxXattrs) return limit_error("extended attributes of one entry");
  xattrs.push_back({std::move(name), std::move(value)});
  return {};
}

}  // namespace bulkhead
