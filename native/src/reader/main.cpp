// bulkhead-reader: decompresses and parses one archive of a stranger's for root, who only checks what it says and writes files.
// Root starts it (core/reader/reader_process.cpp) with an argument (what to make of the blob) and three descriptors (channel.h).
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "core/tar/tar_reader.h"
#include "reader/confinement.h"
#include "reader/hashed_source.h"
#include "reader/report.h"

namespace bulkhead {
namespace {

Result<void> report_entries(HashedSource& tar, Report& report) {
  TarReader reader(tar);
  for (;;) {
    const std::optional<Entry> entry = BULKHEAD_TRY(reader.next());
    if (!entry) return reader.drain();
    BULKHEAD_TRY(report.entry(*entry));
    for (Bytes piece; !(piece = BULKHEAD_TRY(reader.data())).empty();) report.data(piece);
  }
}

Result<void> report_bytes(HashedSource& source, Report& report) {
  for (Bytes piece; !(piece = BULKHEAD_TRY(source.next())).empty();) report.data(piece);
  return {};
}

Result<void> report_all(std::string_view what, ReadAhead& ahead, const InflatedBlob& blob, Report& report) {
  HashedSource source(ahead, blob, [&](std::uint64_t bytes) { report.progress(bytes); });
  BULKHEAD_TRY(what == channel::kReadEntries ? report_entries(source, report) : report_bytes(source, report));
  report.end(source.end());
  return {};
}

/** Nothing of the blob is read before the rights are gone. */
Result<void> read(std::string_view what, BlobFile& blob, Report& report) {
  BULKHEAD_TRY(leave_host(channel::kBlobFd, channel::kSocketFd));
  // Never ended: a failure is told at once, and the process goes with all its threads.
  InflatedBlob& inflated = *new InflatedBlob(blob);
  ReadAhead& ahead = *BULKHEAD_TRY(ReadAhead::start_at_gate(inflated)).release();
  BULKHEAD_TRY(allow_few_calls());
  ahead.open_gate();
  return report_all(what, ahead, inflated, report);
}

int run(std::string_view what) {
  // Not an arena a thread, each with an address space of its own.
  mallopt(M_ARENA_MAX, 1);
  void* memory = mmap(nullptr, channel::kMemoryBytes, PROT_READ | PROT_WRITE, MAP_SHARED, channel::kMemoryFd, 0);
  if (memory == MAP_FAILED) return 1;
  ChunkSink sink({static_cast<std::uint8_t*>(memory), channel::kMemoryBytes}, channel::kSocketFd);
  BlobFile blob(channel::kBlobFd);
  Report report(sink, blob);
  const Result<void> done = read(what, blob, report);
  if (!done.ok()) report.failure(done.error());
  return 0;
}

}  // namespace
}  // namespace bulkhead

// _exit: nothing is to be cleared up that does not go with the process.
int main(int count, char** arguments) { _exit(count == 2 ? bulkhead::run(arguments[1]) : 2); }
