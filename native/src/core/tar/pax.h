// Pax extended headers (POSIX.1-2001 pax, "pax Extended Header"): records `<length> <key>=<value>\n`, parsed by their
// length, so that values may hold any byte. Only what unpacking needs is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/layers/entry.h"
#include "core/result.h"

namespace bulkhead {

struct PaxTime {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
};

/** GNU.sparse.*: versions 0.0 (offset and numbytes, repeated), 0.1 (map) and 1.0 (the map begins the data). */
struct PaxSparse {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::optional<std::string> name;
  std::optional<std::uint64_t> real_size;
  /** Offset, size, offset, size, … */
  std::vector<std::uint64_t> map;

  bool is_version_1() const { return major == 1 && minor == 0; }
};

struct PaxRecords {
  std::optional<std::string> path;
  std::optional<std::string> link_path;
  std::optional<std::uint64_t> size;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<PaxTime> mtime;
  std::optional<PaxSparse> sparse;
  std::vector<Xattr> xattrs;

  /** Adds the records of `text`; of one key the last counts, and an empty value takes it back. */
  Result<void> parse(std::string_view text);
  /** A global header may not do what would let it name or size entries that follow. */
  bool names_or_sizes() const { return path || link_path || size || sparse; }

 private:
  Result<void> apply(std::string_view key, std::string_view value);
  Result<void> apply_sparse(std::string_view key, std::string_view value);
  Result<void> set_xattr(std::string name, std::string value);
};

}  // namespace bulkhead
