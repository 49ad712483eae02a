// A blob, decompressed into a file by way of the reader process.
#include <cerrno>

#include "core/layers/blob_hash.h"
#include "core/layers/file_output.h"
#include "core/layers/unpack.h"
#include "core/reader/chunk_source.h"
#include "core/reader/errors.h"
#include "core/reader/reader_process.h"
#include "core/reader/record_stream.h"

namespace bulkhead {
namespace {

constexpr const char* kStep = "decompress";

/** All of it; the bytes written. */
Result<std::uint64_t> receive_bytes(RecordStream& stream, FileOutput& file) {
  std::uint64_t written = 0;
  for (;;) {
    const channel::RecordHeader header = BULKHEAD_TRY(stream.header());
    if (header.kind == channel::RecordKind::kEnd) BULKHEAD_TRY(stream.end(header));
    if (header.kind == channel::RecordKind::kEnd) return written;
    if (header.kind != channel::RecordKind::kData) return reader_error(EPROTO, "an entry amid bytes");
    for (std::uint32_t left = header.size; left > 0;) {
      const Bytes piece = BULKHEAD_TRY(stream.piece(left));
      BULKHEAD_TRY(file.write(piece));
      left -= static_cast<std::uint32_t>(piece.size());
      written += piece.size();
    }
  }
}

/** What a failure of the stream means to one who asked for a file: too much, or corrupt, if it is not the kernel's. */
Error as_decompress(Error error) {
  if (error.step == "archive-limit") return make_error(kStep, EFBIG, error.object);
  return make_error(kStep, error.number == 0 ? EBADMSG : error.number, error.object);
}

}  // namespace

Result<std::uint64_t> decompress_file(const std::string& source, const std::string& target, std::uint64_t max_bytes) {
  const ReadControl control;
  const OpenBlob blob = BULKHEAD_TRY(open_blob(source));
  FileOutput file = BULKHEAD_TRY(FileOutput::create(target, kStep));
  const ReaderProcess reader = BULKHEAD_TRY(ReaderProcess::start(blob.file.get(), channel::kReadBytes));
  ChunkSource chunks(reader.memory(), reader.socket(), control);
  RecordStream stream(chunks, {max_bytes, blob.bytes, {}});
  auto written = receive_bytes(stream, file);
  return written.ok() ? std::move(written) : Result<std::uint64_t>(as_decompress(std::move(written.error())));
}

}  // namespace bulkhead
