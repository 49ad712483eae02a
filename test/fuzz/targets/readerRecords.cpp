// What the reader process says, which an archive may have taken over: whatever it is, root's part makes entries of it that a tar could hold.
#include "core/layers/extents.h"
#include "core/reader/received_entries.h"
#include "fuzz.h"

using namespace bulkhead;

namespace {

constexpr std::uint64_t kMaxBytes = 1 << 20;

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

void check(const Entry& entry) {
  fuzz::must(entry.kind >= EntryKind::kFile && entry.kind <= EntryKind::kFifo);
  fuzz::must(!has_nul(entry.name) && !has_nul(entry.link) && entry.mode <= 07777);
  fuzz::must(entry.mtime_nanoseconds < 1'000'000'000 && entry.uid != 0xffffffff && entry.gid != 0xffffffff);
  fuzz::must(entry.kind == EntryKind::kFile || (entry.size == 0 && !entry.is_sparse));
  fuzz::must(entry.extents.size() <= kMaxExtents && entry.xattrs.size() <= kMaxXattrs);
  fuzz::must(!entry.is_sparse || are_extents_valid(entry));
  for (const Xattr& xattr : entry.xattrs) fuzz::must(!has_nul(xattr.name));
}

/** False: it has failed. */
bool read_data(ReceivedEntries& entries, const Entry& entry) {
  std::uint64_t got = 0;
  for (;;) {
    const auto piece = entries.data();
    if (!piece.ok()) return false;
    if (piece.value().empty()) break;
    got += piece.value().size();
    fuzz::must(got <= entry.size && got <= kMaxBytes);
  }
  fuzz::must(got == entry.size);
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  MemorySource source(Bytes(data, size));
  RecordStream stream(source, {kMaxBytes, size, {}});
  ReceivedEntries entries(stream);
  for (bool skips = false;; skips = !skips) {
    const auto entry = entries.next();
    if (!entry.ok() || !entry.value()) break;
    check(*entry.value());
    if (!skips && !read_data(entries, *entry.value())) break;
  }
  return 0;
}
