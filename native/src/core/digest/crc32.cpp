// Eight bytes at a time by eight tables ("slicing-by-8": what a byte does to the checksum when k more follow it).
#include "core/digest/crc32.h"

#include <array>

#include "core/digest/crc32_x86.h"

namespace bulkhead {
namespace {

constexpr std::uint32_t kPolynomial = 0xedb88320;  // reflected
using Table = std::array<std::uint32_t, 256>;

constexpr std::array<Table, 8> make_tables() {
  std::array<Table, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xff];
  return tables;
}

constexpr std::array<Table, 8> kTables = make_tables();

std::uint32_t advance_eight(std::uint32_t state, std::span<const std::uint8_t> bytes) {
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const std::uint32_t from_state = i < 4 ? state >> 8 * i & 0xff : 0;
    next ^= kTables[7 - i][bytes[i] ^ from_state];
  }
  return next;
}

}  // namespace

Crc32::Advance Crc32::fastest() { return crc32_x86_supported() ? &crc32_advance_x86 : &advance_portable; }

std::uint32_t Crc32::advance_portable(std::uint32_t state, std::span<const std::uint8_t> data) {
  for (; data.size() >= 8; data = data.subspan(8)) state = advance_eight(state, data);
  for (const std::uint8_t byte : data) state = state >> 8 ^ kTables[0][(state ^ byte) & 0xff];
  return state;
}

}  // namespace bulkhead
