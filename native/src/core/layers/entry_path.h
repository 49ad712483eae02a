// A path of an archive, made safe to walk: components below the layer's root, none of them `..`.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace bulkhead {

struct EntryPath {
  /** Everything but the last component: "usr/share", "" for the root. */
  std::string parent;
  /** The last component; empty for the root itself. */
  std::string base;

  bool is_root() const { return base.empty(); }
  std::string full() const { return parent.empty() ? base : parent + "/" + base; }
};

/**
 * `.` and empty components go, a leading `/` means the layer's root, as engines read it. Refused: `..` anywhere, an
 * empty name, a NUL, more than 4,096 bytes or 256 components.
 */
Result<EntryPath> parse_entry_path(std::string_view name);

/** Of a clean relative path: "usr/share/x" → "usr/share", "x". */
EntryPath split_path(const std::string& path);

/** What a name says to an overlay (OCI image-spec, layer.md, "Whiteouts"). */
enum class Marker {
  kNone,
  /** `.wh.<name>`: that name of the layers below is hidden. */
  kWhiteout,
  /** `.wh..wh..opq`: everything that the layers below have in this directory is hidden. */
  kOpaque,
  /** Other `.wh..wh.` names: aufs' own bookkeeping, which is no content. */
  kIgnored,
};
/** For kWhiteout, `path.base` becomes the name that is hidden. Refuses what would hide `.`, `..` or nothing. */
Result<Marker> take_marker(EntryPath& path);

}  // namespace bulkhead
