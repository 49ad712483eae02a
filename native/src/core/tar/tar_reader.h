// Reads a tar entry by entry: ustar, pax (global headers too), GNU long names, GNU sparse files, star, v7.
// Strict where two readers could see different archives: what is contradictory is refused, not guessed at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/layers/entry_source.h"
#include "core/tar/pax.h"
#include "core/tar/tar_stream.h"

namespace bulkhead {

class TarReader final : public EntrySource {
 public:
  explicit TarReader(ByteSource& source) : stream_(source) {}

  Result<std::optional<Entry>> next() override;
  Result<Bytes> data() override;
  /** What follows the end of the archive still belongs to its digest. */
  Result<void> drain() { return stream_.drain(); }

 private:
  /** The headers before an entry that say more of it than fits into its own. */
  struct Extensions {
    PaxRecords pax;
    std::optional<std::string> long_name;
    std::optional<std::string> long_link;
  };

  Result<std::optional<TarBlock>> header();
  Result<bool> read_extension(const TarHeader& header, Extensions& extensions);
  Result<std::string> extension_text(const TarHeader& header);
  Result<std::optional<Entry>> entry(const TarBlock& block, Extensions extensions);
  Result<void> skip_rest();

  TarStream stream_;
  PaxRecords global_;
  std::uint64_t data_left_ = 0;
  std::uint64_t padding_ = 0;
  bool any_ = false;
};

}  // namespace bulkhead
