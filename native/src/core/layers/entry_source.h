// The entries of an archive, one after the other, with their data. Implementations: TarReader (of a tar itself) and
// ReceivedEntries (of what the reader process says about one).
#pragma once

#include <optional>

#include "core/layers/byte_source.h"
#include "core/layers/entry.h"
#include "core/result.h"

namespace bulkhead {

class EntrySource {
 public:
  virtual ~EntrySource() = default;
  /** The next entry, whatever of the last one's data was not read being skipped. nullopt: the end of the archive. */
  virtual Result<std::optional<Entry>> next() = 0;
  /** A piece of the entry's data, valid until the next call; empty: no more. */
  virtual Result<Bytes> data() = 0;
};

}  // namespace bulkhead
