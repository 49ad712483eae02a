// One thread reads the tree and writes it as a tar, the other hashes and compresses that.
#include <zlib.h>

#include <cerrno>

#include "core/layers/commit.h"
#include "core/layers/file_output.h"
#include "core/layers/measured_source.h"
#include "core/layers/read_ahead.h"
#include "core/layers/tree_tar.h"

namespace bulkhead {
namespace {

constexpr const char* kStep = "pack";
// The header of a member that deflateInit2 writes by itself has no time and no name: nothing in it changes.
constexpr int kGzipWindow = 16 + MAX_WBITS;
// A third of the time of the usual 6, for some percent more bytes.
constexpr int kLevel = 3;
constexpr int kMemoryLevel = 8;
constexpr std::size_t kBuffer = 256 * 1024;

class Gzip {
 public:
  explicit Gzip(FileOutput output) : output_(std::move(output)), buffer_(kBuffer) {}
  ~Gzip() { deflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  Result<void> begin() {
    const int outcome = deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY);
    return outcome == Z_OK ? Result<void>() : Result<void>(make_error(kStep, ENOMEM, "deflateInit2"));
  }
  Result<void> write(Bytes bytes) { return deflate_all(bytes, Z_NO_FLUSH); }
  Result<void> end() { return deflate_all({}, Z_FINISH); }
  std::uint64_t bytes() const { return bytes_; }
  std::string digest() { return hash_.digest(); }

 private:
  // Whoever leaves room in the output buffer has taken all of the input, and has given all that there is to give.
  Result<void> deflate_all(Bytes bytes, int flush) {
    stream_.next_in = const_cast<Bytef*>(bytes.data());  // zlib does not write to it
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = buffer_.data();
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      deflate(&stream_, flush);
      const Bytes made = Bytes(buffer_).first(buffer_.size() - stream_.avail_out);
      hash_.update(made);
      bytes_ += made.size();
      BULKHEAD_TRY(output_.write(made));
    } while (stream_.avail_out == 0);
    return {};
  }

  FileOutput output_;
  std::vector<std::uint8_t> buffer_;
  z_stream stream_{};
  Sha256 hash_;
  std::uint64_t bytes_ = 0;
};

Result<void> read_all(MeasuredSource& tar, Gzip* gzip) {
  for (;;) {
    const Bytes bytes = BULKHEAD_TRY(tar.next());
    if (bytes.empty()) return {};
    if (gzip != nullptr) BULKHEAD_TRY(gzip->write(bytes));
  }
}

Result<void> compress(MeasuredSource& tar, FileOutput file, Unpacked& packed) {
  Gzip gzip(std::move(file));
  BULKHEAD_TRY(gzip.begin());
  BULKHEAD_TRY(read_all(tar, &gzip));
  BULKHEAD_TRY(gzip.end());
  packed.digest = gzip.digest();
  packed.blob_bytes = gzip.bytes();
  return {};
}

}  // namespace

Result<Unpacked> pack_layer(const PackRequest& request, UnpackControl& control) {
  const auto tree =
      BULKHEAD_TRY(TreeTar::open({request.directory}, TreeView::kLayer, request.limits.max_entries, control));
  const auto ahead = BULKHEAD_TRY(ReadAhead::start(*tree));
  MeasuredSource tar(*ahead, control, request.limits.max_bytes, true);
  Unpacked packed;
  if (request.target.empty()) {
    BULKHEAD_TRY(read_all(tar, nullptr));
  } else {
    FileOutput file = BULKHEAD_TRY(FileOutput::create(request.target, kStep));
    BULKHEAD_TRY(compress(tar, std::move(file), packed));
  }
  packed.entries = tree->entries();
  packed.tar_bytes = tar.bytes();
  packed.diff_id = tar.digest();
  if (!request.target.empty()) return packed;
  packed.digest = packed.diff_id;
  packed.blob_bytes = packed.tar_bytes;
  return packed;
}

}  // namespace bulkhead
