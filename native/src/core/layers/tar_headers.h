// Writes what comes before an entry's data in a tar: ustar, with a pax header for what that can't say. The same entry gives the same
// bytes.
#pragma once

#include <string>

#include "core/layers/entry.h"

namespace bulkhead {

/**
 * Whole blocks. `entry.size` is the bytes of data that will follow, padded; of a sparse file (GNU's pax format 1.0, with its map in these
 * blocks) the bytes of its extents. A directory's name gets its slash here. Extended attributes are `SCHILY.xattr.`, as they are.
 */
std::string tar_headers(const Entry& entry);
/** That name of the layers below is hidden; or, by ".wh..wh..opq", all that they have there. `path`: of the marker. */
std::string tar_marker(const std::string& path);
/** What a tar ends with. */
std::string tar_end();

}  // namespace bulkhead
