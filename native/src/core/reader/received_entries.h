// The entries of an archive as the reader process tells of them. Root's part believes nothing: whatever is said, what comes out is
// an entry that a tar could hold, with as much data as it says; and the end is one only once.
#pragma once

#include <optional>
#include <string>

#include "core/layers/entry_source.h"
#include "core/reader/record_stream.h"

namespace bulkhead {

class ReceivedEntries final : public EntrySource {
 public:
  explicit ReceivedEntries(RecordStream& stream) : stream_(&stream) {}

  Result<std::optional<Entry>> next() override;
  Result<Bytes> data() override;

  /** Once next() has given none. */
  const channel::EndFields& end() const { return end_; }

 private:
  Result<void> skip_data();

  RecordStream* stream_;
  /** Of the entry, and of its piece that is being read. */
  std::uint64_t data_left_ = 0;
  std::uint32_t piece_left_ = 0;
  channel::EndFields end_{};
};

/** The payload of kEntry. */
Result<Entry> decode_entry(std::string payload);

}  // namespace bulkhead
