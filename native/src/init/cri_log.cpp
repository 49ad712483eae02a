// The log of a container's output, in the CRI format. One write(2) for many lines, one time stamp for a chunk.
#include "cri_log.h"

#include "sys.h"
#include "text.h"

namespace bulkhead::init {

namespace {

constexpr size_t kTimeBytes = 31;  // with the blank behind it
constexpr size_t kFractionOffset = 20;

void put_digits(char* at, uint64_t value, int width) {
  for (int i = width - 1; i >= 0; i--, value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

// Civil date from days since 1970 in the proleptic Gregorian calendar; years begin in March, so that leap days come last.
void put_date(char* at, uint64_t days) {
  const uint64_t shifted = days + 719'468;  // days since 0000-03-01
  const uint64_t era = shifted / 146'097;
  const uint64_t day_of_era = shifted % 146'097;
  const uint64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint64_t month_index = (5 * day_of_year + 2) / 153;
  const uint64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
  put_digits(at, era * 400 + year_of_era + (month <= 2 ? 1 : 0), 4);
  put_digits(at + 5, month, 2);
  put_digits(at + 8, day_of_year - (153 * month_index + 2) / 5 + 1, 2);
}

size_t line_length(const char* bytes, size_t size) {
  size_t n = 0;
  while (n < size && bytes[n] != '\n') n++;
  return n;
}

}  // namespace

void CriLog::stamp() {
  const uint64_t now = sys::clock_ns(CLOCK_REALTIME);
  const uint64_t second = now / 1'000'000'000;
  if (second != second_) {
    second_ = second;
    __builtin_memcpy(time_, "0000-00-00T00:00:00.000000000Z ", kTimeBytes);
    put_date(time_, second / 86'400);
    put_digits(time_ + 11, second / 3600 % 24, 2);
    put_digits(time_ + 14, second / 60 % 60, 2);
    put_digits(time_ + 17, second % 60, 2);
  }
  put_digits(time_ + kFractionOffset, now % 1'000'000'000, 9);
}

void CriLog::flush() {
  size_t done = 0;
  while (done < size_) {
    const long written = sys::write(fd_, buffer_ + done, size_ - done);
    if (written <= 0) break;  // a full disk loses the log's lines, not the container
    done += static_cast<size_t>(written);
  }
  size_ = 0;
}

void CriLog::put(const char* bytes, size_t size) {
  __builtin_memcpy(buffer_ + size_, bytes, size);
  size_ += size;
}

// `size` is at most FRAME_PAYLOAD_MAX: any single line fits into the empty buffer.
void CriLog::append(const char* stream, const char* bytes, size_t size) {
  if (fd_ < 0) return;
  stamp();
  const size_t stream_length = length(stream);
  while (size > 0) {
    const size_t line = line_length(bytes, size);
    const bool is_whole = line < size;
    if (size_ + kTimeBytes + stream_length + line + 4 > kCapacity) flush();
    put(time_, kTimeBytes);
    put(stream, stream_length);
    put(is_whole ? " F " : " P ", 3);
    put(bytes, line);
    put("\n", 1);
    bytes += line + (is_whole ? 1 : 0);
    size -= line + (is_whole ? 1 : 0);
  }
  flush();
}

}  // namespace bulkhead::init
