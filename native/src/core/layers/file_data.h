// The content of a file, from the archive to a descriptor: in order, or with the holes of a sparse file.
#pragma once

#include <string>

#include "core/layers/entry_source.h"

namespace bulkhead {

Result<void> write_data(int file, const Entry& entry, EntrySource& source);

}  // namespace bulkhead
