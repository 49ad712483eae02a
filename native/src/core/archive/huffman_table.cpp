// Canonical codes: in the order of their lengths, and of the symbols within a length, each is the one before it plus one.
#include "core/archive/huffman_table.h"

#include <algorithm>

namespace bulkhead {
namespace {

// Those of the fixed code for literals and lengths, two of which mean nothing.
constexpr std::size_t kMaxSymbols = 288;

using Counts = std::array<unsigned, kMaxCodeBits + 1>;

Counts count_lengths(std::span<const std::uint8_t> lengths) {
  Counts counts{};
  for (const std::uint8_t length : lengths) ++counts[length];
  counts[0] = 0;
  return counts;
}

/** What is left of all codes of the longest length: negative when there are too many. */
int unused_codes(const Counts& counts) {
  int unused = 1;
  for (unsigned length = 1; length <= kMaxCodeBits && unused >= 0; ++length)
    unused = 2 * unused - static_cast<int>(counts[length]);
  return unused;
}

unsigned longest(const Counts& counts) {
  unsigned length = kMaxCodeBits;
  while (length > 0 && counts[length] == 0) --length;
  return length;
}

/** In the stream a code's first bit is the lowest. */
unsigned reversed(unsigned code, unsigned length) {
  code = (code & 0x5555) << 1 | (code >> 1 & 0x5555);
  code = (code & 0x3333) << 2 | (code >> 2 & 0x3333);
  code = (code & 0x0f0f) << 4 | (code >> 4 & 0x0f0f);
  code = (code & 0x00ff) << 8 | code >> 8;
  return code >> (16 - length);
}

/** The symbols that have a code, in the order of their codes. */
struct Sorted {
  std::array<std::uint16_t, kMaxSymbols> symbols;
  std::size_t size = 0;

  Sorted(std::span<const std::uint8_t> lengths, const Counts& counts) {
    Counts places{};
    for (unsigned length = 1; length < kMaxCodeBits; ++length) places[length + 1] = places[length] + counts[length];
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
      if (lengths[symbol] == 0) continue;
      symbols[places[lengths[symbol]]++] = static_cast<std::uint16_t>(symbol);
      ++size;
    }
  }
};

class Filling {
 public:
  Filling(std::span<CodeEntry> table, unsigned first_bits, unsigned max_bits)
      : table_(table), first_bits_(first_bits), second_bits_(max_bits > first_bits ? max_bits - first_bits : 0) {}

  void add(unsigned code, unsigned length, CodeEntry meaning) {
    const unsigned bits = reversed(code, length);
    if (length <= first_bits_) return fill(0, first_bits_, bits, length, meaning);
    const unsigned first = bits & ((1u << first_bits_) - 1);
    // Codes that begin alike come one after the other.
    if (first != first_) begin_second(first);
    fill(second_, second_bits_, bits >> first_bits_, length - first_bits_, meaning);
  }

 private:
  void begin_second(unsigned first) {
    first_ = first;
    second_ = end_;
    end_ += 1u << second_bits_;
    table_[first] = code_entry::of(second_, first_bits_, code_entry::kSpecial | code_entry::kSecondTable) | second_bits_
                                                                                                                << 8;
  }

  /** Whatever follows the code: its entries are 2^length apart. */
  void fill(unsigned begin, unsigned table_bits, unsigned bits, unsigned length, CodeEntry meaning) {
    const CodeEntry entry = meaning + (length << 8 | length);
    for (unsigned at = bits; at < 1u << table_bits; at += 1u << length) table_[begin + at] = entry;
  }

  std::span<CodeEntry> table_;
  unsigned first_bits_;
  unsigned second_bits_;
  unsigned first_ = ~0u;
  unsigned second_ = 0;
  unsigned end_ = 1u << first_bits_;
};

}  // namespace

bool build_code_table(std::span<CodeEntry> table, unsigned first_bits, std::span<const std::uint8_t> lengths,
                      std::span<const CodeEntry> meanings, bool may_be_empty) {
  const Counts counts = count_lengths(lengths);
  const unsigned max_bits = longest(counts);
  const int unused = unused_codes(counts);
  if (unused < 0 || (unused > 0 && max_bits > 1) || (max_bits == 0 && !may_be_empty)) return false;
  if (unused > 0) std::fill_n(table.begin(), std::size_t{1} << first_bits, code_entry::kInvalid);
  const Sorted sorted(lengths, counts);
  Filling filling(table, first_bits, max_bits);
  unsigned code = 0;
  unsigned length = 0;
  for (const std::uint16_t symbol : std::span(sorted.symbols).first(sorted.size)) {
    code <<= lengths[symbol] - length;
    length = lengths[symbol];
    filling.add(code++, length, meanings[symbol]);
  }
  return true;
}

}  // namespace bulkhead
