// Look-up tables for the Huffman codes of a DEFLATE block (RFC 1951, 3.2.2): one look at the next bits says which symbol it is, how many
// bits it takes and what it means. Longer codes take a second look.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace bulkhead {

/**
 * What the bits are. From the lowest bit: 8 bits, the length of the code with its extra bits; 4 bits, that of the code alone; then flags,
 * and from bit 16 on the value: a literal, the base of a length or distance, the place of a second table.
 */
using CodeEntry = std::uint32_t;

namespace code_entry {

inline constexpr CodeEntry kLiteral = 1u << 31;
/** One of the three below. */
inline constexpr CodeEntry kSpecial = 1u << 15;
/** In the bits above the place: how many more bits say where in the second table. */
inline constexpr CodeEntry kSecondTable = 1u << 14;
inline constexpr CodeEntry kEndOfBlock = 1u << 13;
/** Neither: no code begins so. */
inline constexpr CodeEntry kInvalid = kSpecial;

constexpr unsigned bits(CodeEntry entry) { return entry & 0xff; }
constexpr unsigned code_bits(CodeEntry entry) { return entry >> 8 & 15; }
constexpr unsigned value(CodeEntry entry) { return entry >> 16 & 0x7fff; }
/** A value and how many extra bits are added to it. */
constexpr CodeEntry of(unsigned value, unsigned extra_bits, CodeEntry flags = 0) {
  return value << 16 | flags | extra_bits;
}

}  // namespace code_entry

/** The longest code that DEFLATE has. */
inline constexpr unsigned kMaxCodeBits = 15;

/**
 * Fills `table`, whose first 2^`first_bits` entries are the first look. `lengths`: of each symbol's code, 0 for none; `meanings`: what each
 * symbol stands for. False when the lengths are no code: too many, or too few; but a single code of one bit may be alone, and, where
 * `may_be_empty`, there may be none.
 */
bool build_code_table(std::span<CodeEntry> table, unsigned first_bits, std::span<const std::uint8_t> lengths,
                      std::span<const CodeEntry> meanings, bool may_be_empty);

}  // namespace bulkhead
