// A layer's tar: headers, extensions, sparse maps, data.
#include "core/layers/entry_path.h"
#include "core/tar/tar_reader.h"
#include "fuzz.h"

using namespace bulkhead;

namespace {

// Each byte of data comes from the input: no entry has more than that.
bool read_data(TarReader& reader, const Entry& entry, std::size_t available) {
  std::uint64_t got = 0;
  for (;;) {
    const auto piece = reader.data();
    if (!piece.ok()) return false;
    if (piece.value().empty()) break;
    got += piece.value().size();
    fuzz::must(got <= available);
  }
  std::uint64_t in_extents = 0;
  std::uint64_t end = 0;
  for (const Extent& extent : entry.extents) {
    fuzz::must(extent.offset >= end && extent.offset + extent.size >= extent.offset);
    end = extent.offset + extent.size;
    in_extents += extent.size;
  }
  fuzz::must(!entry.is_sparse || (end <= entry.real_size && in_extents == entry.size));
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  MemorySource source(Bytes(data, size));
  TarReader reader(source);
  for (;;) {
    const auto entry = reader.next();
    if (!entry.ok() || !entry.value()) break;
    fuzz::must(entry.value()->name.find('\0') == std::string::npos);
    if (!read_data(reader, *entry.value(), size)) break;
  }
  (void)reader.drain();
  return 0;
}
