// The limits on a stream whose length nobody knows beforehand.
#include "core/layers/measured_source.h"

#include <cerrno>

#include "core/layers/errors.h"

namespace bulkhead {
namespace {

// A gigabyte of zeros is an odd file; ten gigabytes of them in a blob of ten megabytes are an attack. Real layers
// shrink to a tenth at best.
constexpr std::uint64_t kFreeBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxRatio = 200;

}  // namespace

Result<Bytes> MeasuredSource::next() {
  if (control_->cancelled.load(std::memory_order_relaxed)) return make_error("read-blob", ECANCELED, "");
  const Bytes bytes = BULKHEAD_TRY(source_->next());
  bytes_ += bytes.size();
  if (bytes_ > max_bytes_) return limit_error("bytes");
  if (is_bomb()) return limit_error("compression ratio");
  if (is_hashed_) hash_.update(bytes);
  return bytes;
}

bool MeasuredSource::is_bomb() const {
  return bytes_ > kFreeBytes && bytes_ / kMaxRatio > control_->blob_bytes.load(std::memory_order_relaxed);
}

}  // namespace bulkhead
