// A blob, decompressed into a file.
#include <cerrno>
#include <vector>

#include "core/layers/byte_source.h"
#include "core/layers/decompressor.h"
#include "core/layers/file_output.h"
#include "core/layers/unpack.h"

namespace bulkhead {
namespace {

constexpr const char* kStep = "decompress";
constexpr std::size_t kBuffer = 256 * 1024;

/** What a failure of the stream means to one who asked for a file: corrupt, if it is not the kernel's. */
Error as_decompress(Error error) { return make_error(kStep, error.number == 0 ? EBADMSG : error.number, error.object); }

}  // namespace

Result<std::uint64_t> decompress_file(const std::string& source, const std::string& target, std::uint64_t max_bytes) {
  UnpackControl control;
  BlobFile blob = BULKHEAD_TRY(BlobFile::open(source, control));
  auto decompressor = make_decompressor(blob);
  if (!decompressor.ok()) return as_decompress(std::move(decompressor.error()));
  FileOutput file = BULKHEAD_TRY(FileOutput::create(target, kStep));
  std::vector<std::uint8_t> buffer(kBuffer);
  std::uint64_t written = 0;
  for (;;) {
    const auto count = decompressor.value()->read(buffer);
    if (!count.ok()) return as_decompress(count.error());
    if (count.value() == 0) return written;
    written += count.value();
    if (written > max_bytes) return make_error(kStep, EFBIG, source);
    BULKHEAD_TRY(file.write(Bytes(buffer).first(count.value())));
  }
}

}  // namespace bulkhead
