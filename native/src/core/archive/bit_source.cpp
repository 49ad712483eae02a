// Keeps what is left at the front of the buffer, and fills it up.
#include "core/archive/bit_source.h"

#include <algorithm>

#include "core/layers/errors.h"

namespace bulkhead {

void BitSource::align() {
  bits.drop(bits.count % 8);
  give_back();
}

Result<Bytes> BitSource::peek(std::size_t count) {
  if (static_cast<std::size_t>(end_ - bits.next) < count && !has_ended_) BULKHEAD_TRY(read_on());
  return Bytes(bits.next, end_);
}

/** Whole bytes that have been loaded are to be loaded again. */
void BitSource::give_back() {
  bits.next -= bits.count / 8;
  bits.count %= 8;
  bits.bits &= (std::uint64_t{1} << bits.count) - 1;
}

// Behind the end the limit lies so far that who reaches it has taken what is not there, and before it two refills stay within the
// padding.
Result<void> BitSource::read_on() {
  if (has_ended_) return archive_error("", "the gzip stream is truncated");
  give_back();
  std::uint8_t* const begin = buffer_.data();
  std::size_t filled = static_cast<std::size_t>(end_ - bits.next);
  std::memmove(begin, bits.next, filled);
  while (filled <= kTwoRefills && !has_ended_) {
    if (pending_.empty()) pending_ = BULKHEAD_TRY(source_->next());
    has_ended_ = pending_.empty();
    const std::size_t count = std::min(pending_.size(), kSize - filled);
    std::copy_n(pending_.begin(), count, begin + filled);
    pending_ = pending_.subspan(count);
    filled += count;
  }
  std::memset(begin + filled, 0, kPadding);
  bits.next = begin;
  end_ = begin + filled;
  limit_ = has_ended_ ? end_ + kTwoRefills / 2 : end_ - kTwoRefills;
  return {};
}

}  // namespace bulkhead
