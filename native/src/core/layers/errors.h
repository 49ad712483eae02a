// The failures of unpacking. Those of the kernel have the step "unpack" (or "read-blob"), an errno, and the entry's
// path.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace bulkhead {

/** The archive is corrupt, of an unknown kind, or dangerous. */
inline Error archive_error(std::string_view entry, std::string_view reason) {
  std::string object(entry);
  if (!object.empty()) object += ": ";
  return Error{"archive", 0, object.append(reason)};
}

/** A limit of the request, or of this reader, is reached. */
inline Error limit_error(std::string_view what) { return Error{"archive-limit", 0, std::string(what)}; }

inline Error unpack_error(int number, std::string_view path) { return make_error("unpack", number, path); }

}  // namespace bulkhead
