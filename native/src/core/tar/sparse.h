// The maps of sparse files: where the archived bytes of an entry belong. Old GNU headers, and GNU's pax formats 0.0,
// 0.1, 1.0.
#pragma once

#include "core/layers/entry.h"
#include "core/tar/pax.h"
#include "core/tar/tar_stream.h"

namespace bulkhead {

/** Old GNU (type 'S'): four extents in the header, 21 in each block that follows it. */
Result<void> read_gnu_sparse(const TarBlock& header, TarStream& stream, Entry& entry);
/** Pax: for version 1.0 the map is read from the data, whose size is made less by it. */
Result<void> read_pax_sparse(const PaxSparse& sparse, TarStream& stream, Entry& entry);

}  // namespace bulkhead
