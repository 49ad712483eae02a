// Offsets are those of POSIX.1 pax, "ustar Interchange Format", and of the GNU tar manual, "Basic Tar Format".
#include "core/tar/tar_header.h"

#include <algorithm>
#include <cstring>

namespace bulkhead {
namespace {

constexpr std::size_t kChecksum = 148;
constexpr std::size_t kChecksumSize = 8;

// Big-endian two's complement; the first bit is the mark, the second the sign.
std::optional<std::int64_t> parse_base256(Bytes field) {
  const bool negative = (field[0] & 0x40) != 0;
  const std::uint8_t filler = negative ? 0xff : 0;
  std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const std::uint8_t byte = i == 0 ? static_cast<std::uint8_t>((field[0] & 0x7f) | (negative ? 0x80 : 0)) : field[i];
    if (i + 8 < field.size() && byte != filler) return std::nullopt;
    value = value << 8 | byte;
  }
  if ((value >> 63 != 0) != negative) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

bool is_blank(std::uint8_t byte) { return byte == ' ' || byte == 0; }

}  // namespace

std::optional<std::int64_t> parse_tar_number(Bytes field) {
  if (!field.empty() && (field[0] & 0x80) != 0) return parse_base256(field);
  const auto begin = std::find_if_not(field.begin(), field.end(), is_blank);
  const auto end = std::find_if(begin, field.end(), is_blank);
  if (!std::all_of(end, field.end(), is_blank)) return std::nullopt;
  std::int64_t value = 0;
  for (auto digit = begin; digit != end; ++digit) {
    if (*digit < '0' || *digit > '7') return std::nullopt;
    value = value * 8 + (*digit - '0');  // at most 12 digits: 36 bits
  }
  return value;
}

bool TarHeader::is_zero() const {
  return std::all_of(block_->begin(), block_->end(), [](std::uint8_t byte) { return byte == 0; });
}

bool TarHeader::has_valid_checksum() const {
  std::int64_t of_unsigned = 0;
  std::int64_t of_signed = 0;
  for (std::size_t i = 0; i < kTarBlock; ++i) {
    const bool is_itself = i >= kChecksum && i < kChecksum + kChecksumSize;
    const std::uint8_t byte = is_itself ? std::uint8_t{' '} : (*block_)[i];
    of_unsigned += byte;
    of_signed += static_cast<std::int8_t>(byte);
  }
  const std::optional<std::int64_t> sum = number(kChecksum, kChecksumSize);
  return sum && (*sum == of_unsigned || *sum == of_signed);
}

TarFormat TarHeader::format() const {
  const char* bytes = reinterpret_cast<const char*>(block_->data());
  if (std::memcmp(bytes + 257, "ustar\0", 6) == 0) {
    return std::memcmp(bytes + 508, "tar\0", 4) == 0 ? TarFormat::kStar : TarFormat::kUstar;
  }
  return std::memcmp(bytes + 257, "ustar  \0", 8) == 0 ? TarFormat::kGnu : TarFormat::kV7;
}

std::string TarHeader::name() const {
  const TarFormat kind = format();
  std::string prefix;
  if (kind == TarFormat::kUstar) prefix = text(345, 155);
  if (kind == TarFormat::kStar) prefix = text(345, 131);
  return prefix.empty() ? text(0, 100) : prefix + "/" + text(0, 100);
}

std::string TarHeader::text(std::size_t at, std::size_t size) const {
  const char* begin = reinterpret_cast<const char*>(block_->data()) + at;
  return std::string(begin, strnlen(begin, size));
}

std::optional<std::int64_t> TarHeader::number(std::size_t at, std::size_t size) const {
  return parse_tar_number(Bytes(*block_).subspan(at, size));
}

}  // namespace bulkhead
