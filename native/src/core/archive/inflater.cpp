// Blocks, and the loop that decodes their symbols.
#include "core/archive/inflater.h"

#include <algorithm>
#include <cstring>

#include "core/layers/errors.h"

namespace bulkhead {
namespace {

using code_entry::of;

constexpr std::size_t kEndSymbol = 256;
constexpr std::size_t kMaxLiteralSymbols = 286;
constexpr std::size_t kMaxDistanceSymbols = 30;

/** RFC 1951, 3.2.5. Bases grow by what the extra bits of the one before can add. */
constexpr std::array<CodeEntry, 288> literal_meanings() {
  std::array<CodeEntry, 288> meanings{};
  for (unsigned symbol = 0; symbol < 256; ++symbol) meanings[symbol] = of(symbol, 0, code_entry::kLiteral);
  meanings[kEndSymbol] = of(0, 0, code_entry::kSpecial | code_entry::kEndOfBlock);
  unsigned base = 3;
  for (unsigned symbol = 257; symbol < 285; ++symbol) {
    const unsigned extra = symbol < 265 ? 0 : (symbol - 261) / 4;
    meanings[symbol] = of(base, extra);
    base += 1u << extra;
  }
  meanings[285] = of(258, 0);
  meanings[286] = meanings[287] = code_entry::kInvalid;
  return meanings;
}

constexpr std::array<CodeEntry, 32> distance_meanings() {
  std::array<CodeEntry, 32> meanings{};
  unsigned base = 1;
  for (unsigned symbol = 0; symbol < kMaxDistanceSymbols; ++symbol) {
    const unsigned extra = symbol < 4 ? 0 : symbol / 2 - 1;
    meanings[symbol] = of(base, extra);
    base += 1u << extra;
  }
  meanings[30] = meanings[31] = code_entry::kInvalid;
  return meanings;
}

constexpr std::array<CodeEntry, 19> length_meanings() {
  std::array<CodeEntry, 19> meanings{};
  for (unsigned symbol = 0; symbol < meanings.size(); ++symbol) meanings[symbol] = of(symbol, 0);
  return meanings;
}

constexpr auto kLiteralMeanings = literal_meanings();
constexpr auto kDistanceMeanings = distance_meanings();
constexpr auto kLengthMeanings = length_meanings();

Error corrupt(std::string_view what) { return archive_error("", "the gzip stream is corrupt: " + std::string(what)); }
Error truncated() { return archive_error("", "the gzip stream is truncated"); }

Result<void> load(BitSource& source) {
  BULKHEAD_TRY(source.top_up());
  source.bits.refill();
  return {};
}

/** The code of a block for the lengths of its two others (RFC 1951, 3.2.7). */
struct LengthCode {
  static constexpr unsigned kBits = 7;
  std::array<CodeEntry, 1 << kBits> table;

  Result<void> read(BitSource& source, unsigned count) {
    static constexpr std::uint8_t kOrder[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    std::array<std::uint8_t, 19> lengths{};
    for (unsigned i = 0; i < count; ++i) {
      BULKHEAD_TRY(load(source));
      lengths[kOrder[i]] = static_cast<std::uint8_t>(source.bits.take(3));
    }
    if (build_code_table(table, kBits, lengths, kLengthMeanings, false)) return {};
    return corrupt("a code of lengths");
  }

  Result<unsigned> next(BitSource& source) const {
    BULKHEAD_TRY(load(source));
    const CodeEntry entry = table[source.bits.bits & (table.size() - 1)];
    if ((entry & code_entry::kSpecial) != 0) return corrupt("a code of lengths");
    source.bits.drop(code_entry::bits(entry));
    return code_entry::value(entry);
  }
};

struct Run {
  std::uint8_t length;
  std::size_t count;
};

/** What a symbol of the code for lengths says: a length, or one that is repeated. */
Result<Run> run_of(unsigned symbol, BitSource& source, const std::uint8_t* previous) {
  if (symbol < 16) return Run{static_cast<std::uint8_t>(symbol), 1};
  if (symbol == 17) return Run{0, 3 + source.bits.take(3)};
  if (symbol == 18) return Run{0, 11 + source.bits.take(7)};
  if (previous == nullptr) return corrupt("nothing is repeated");
  return Run{*previous, 3 + source.bits.take(2)};
}

Result<void> read_lengths(BitSource& source, const LengthCode& code, std::span<std::uint8_t> lengths) {
  for (std::size_t at = 0; at < lengths.size();) {
    const unsigned symbol = BULKHEAD_TRY(code.next(source));
    const Run run = BULKHEAD_TRY(run_of(symbol, source, at == 0 ? nullptr : &lengths[at - 1]));
    if (run.count > lengths.size() - at) return corrupt("too many lengths");
    std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(at), run.count, run.length);
    at += run.count;
  }
  return {};
}

/** The base with the extra bits, which are taken. */
inline unsigned take_value(Bits& bits, CodeEntry entry) {
  const unsigned all = code_entry::bits(entry);
  const std::uint64_t taken = bits.bits & ((std::uint64_t{1} << all) - 1);
  bits.drop(all);
  return code_entry::value(entry) + static_cast<unsigned>(taken >> code_entry::code_bits(entry));
}

/** Goes from the pointer to a second table to the entry in it. */
inline CodeEntry second_look(Bits& bits, const CodeEntry* table, CodeEntry pointer, unsigned first_bits) {
  bits.drop(first_bits);
  return table[code_entry::value(pointer) + (bits.bits & ((1u << code_entry::code_bits(pointer)) - 1))];
}

/** May write up to 16 bytes more. What is copied may be what is being written: a distance of one repeats a byte. */
inline std::uint8_t* copy_match(std::uint8_t* out, unsigned distance, unsigned length) {
  const std::uint8_t* from = out - distance;
  std::uint8_t* const end = out + length;
  if (distance >= 8) {
    do {
      std::memcpy(out, from, 8);
      std::memcpy(out + 8, from + 8, 8);
      out += 16;
      from += 16;
    } while (out < end);
  } else if (distance == 1) {
    std::memset(out, *from, length);
  } else {
    while (out < end) *out++ = *from++;
  }
  return end;
}

}  // namespace

void Window::make_room() {
  if (!is_full()) return;
  const std::size_t kept = std::min(kHistory, static_cast<std::size_t>(out_ - history_));
  std::memmove(buffer_.data(), out_ - kept, kept);
  history_ = buffer_.data();
  taken_ = out_ = buffer_.data() + kept;
}

Bytes Window::take() { return Bytes(std::exchange(taken_, out_), out_); }

Result<bool> Inflater::inflate(BitSource& source, Window& window) {
  while (state_ != State::kEnd) {
    if (window.is_full()) return false;
    BULKHEAD_TRY(step(source, window));
  }
  source.align();
  return true;
}

Result<void> Inflater::step(BitSource& source, Window& window) {
  if (state_ == State::kStored) return copy_stored(source, window);
  if (state_ == State::kCodes) return decode(source, window);
  return begin_block(source);
}

Result<void> Inflater::begin_block(BitSource& source) {
  BULKHEAD_TRY(load(source));
  is_last_ = source.bits.take(1) != 0;
  const unsigned type = source.bits.take(2);
  if (source.is_beyond_end()) return truncated();
  if (type == 0) return begin_stored(source);
  if (type == 3) return corrupt("a block of no type");
  if (type == 1) use_fixed_codes();
  if (type == 2) BULKHEAD_TRY(read_codes(source));
  if (source.is_beyond_end()) return truncated();
  state_ = State::kCodes;
  return {};
}

Result<void> Inflater::begin_stored(BitSource& source) {
  source.align();
  const Bytes sizes = BULKHEAD_TRY(source.peek(4));
  if (sizes.size() < 4) return truncated();
  stored_left_ = static_cast<std::size_t>(sizes[0] | sizes[1] << 8);
  if ((stored_left_ ^ 0xffff) != static_cast<std::size_t>(sizes[2] | sizes[3] << 8)) return corrupt("a stored block");
  source.skip(4);
  state_ = State::kStored;
  return {};
}

Result<void> Inflater::copy_stored(BitSource& source, Window& window) {
  if (stored_left_ > 0) {
    const Bytes bytes = BULKHEAD_TRY(source.peek(1));
    if (bytes.empty()) return truncated();
    const std::size_t room = static_cast<std::size_t>(window.limit() - window.out());
    const std::size_t count = std::min({stored_left_, bytes.size(), room});
    window.set_out(std::copy_n(bytes.begin(), count, window.out()));
    source.skip(count);
    stored_left_ -= count;
  }
  if (stored_left_ == 0) state_ = is_last_ ? State::kEnd : State::kBlock;
  return {};
}

void Inflater::use_fixed_codes() {
  if (std::exchange(are_fixed_, true)) return;
  std::array<std::uint8_t, kLiteralMeanings.size()> literals;
  std::fill(literals.begin(), literals.end(), std::uint8_t{8});
  std::fill(literals.begin() + 144, literals.begin() + 256, std::uint8_t{9});
  std::fill(literals.begin() + 256, literals.begin() + 280, std::uint8_t{7});
  std::array<std::uint8_t, kDistanceMeanings.size()> distances;
  distances.fill(5);
  build_code_table(literals_, kLiteralBits, literals, kLiteralMeanings, false);
  build_code_table(distances_, kDistanceBits, distances, kDistanceMeanings, false);
}

Result<void> Inflater::read_codes(BitSource& source) {
  are_fixed_ = false;
  BULKHEAD_TRY(load(source));
  const std::size_t literals = 257 + source.bits.take(5);
  const std::size_t distances = 1 + source.bits.take(5);
  const unsigned count = 4 + source.bits.take(4);
  if (literals > kMaxLiteralSymbols || distances > kMaxDistanceSymbols) return corrupt("too many symbols");
  LengthCode code;
  BULKHEAD_TRY(code.read(source, count));
  std::array<std::uint8_t, kMaxLiteralSymbols + kMaxDistanceSymbols> lengths;
  const auto all = std::span(lengths).first(literals + distances);
  BULKHEAD_TRY(read_lengths(source, code, all));
  if (lengths[kEndSymbol] == 0) return corrupt("a block without an end");
  const bool are_codes = build_code_table(literals_, kLiteralBits, all.first(literals), kLiteralMeanings, false) &&
                         build_code_table(distances_, kDistanceBits, all.subspan(literals), kDistanceMeanings, true);
  return are_codes ? Result<void>() : Result<void>(corrupt("lengths that are no code"));
}

Result<void> Inflater::decode(BitSource& source, Window& window) {
  BULKHEAD_TRY(source.top_up());
  const Stop stop = decode_symbols(source, window);
  if (source.is_beyond_end()) return truncated();
  if (stop == Stop::kBadLiteral) return corrupt("a symbol");
  if (stop == Stop::kBadDistance) return corrupt("a distance");
  if (stop == Stop::kTooFar) return corrupt("a distance beyond its beginning");
  if (stop == Stop::kEndOfBlock) state_ = is_last_ ? State::kEnd : State::kBlock;
  return {};
}

// Most of the time goes here. A turn is three literals, or two at most and then something else: 56 bits hold two literals of the first
// look (22 bits) and a length (20), and after another refill a distance (28).
Inflater::Stop Inflater::decode_symbols(BitSource& source, Window& window) const {
  const CodeEntry* const literals = literals_.data();
  const CodeEntry* const distances = distances_.data();
  constexpr unsigned kLiteralMask = (1 << kLiteralBits) - 1;
  const std::uint8_t* const input_limit = source.limit();
  const std::uint8_t* const out_limit = window.limit();
  const std::uint8_t* const history = window.history();
  Bits bits = source.bits;
  std::uint8_t* out = window.out();
  Stop stop = Stop::kPause;
  const auto put_literal = [&](CodeEntry entry) {
    bits.drop(code_entry::bits(entry));
    *out++ = static_cast<std::uint8_t>(code_entry::value(entry));
  };
  while (bits.next < input_limit && out < out_limit) {
    bits.refill();
    CodeEntry entry = literals[bits.bits & kLiteralMask];
    if ((entry & code_entry::kLiteral) != 0) {
      put_literal(entry);
      entry = literals[bits.bits & kLiteralMask];
      if ((entry & code_entry::kLiteral) != 0) {
        put_literal(entry);
        entry = literals[bits.bits & kLiteralMask];
      }
    }
    if ((entry & code_entry::kSecondTable) != 0) entry = second_look(bits, literals, entry, kLiteralBits);
    if ((entry & code_entry::kLiteral) != 0) {
      put_literal(entry);
      continue;
    }
    if ((entry & code_entry::kSpecial) != 0) {
      const bool is_end = (entry & code_entry::kEndOfBlock) != 0;
      if (is_end) bits.drop(code_entry::bits(entry));
      stop = is_end ? Stop::kEndOfBlock : Stop::kBadLiteral;
      break;
    }
    const unsigned length = take_value(bits, entry);
    bits.refill();
    entry = distances[bits.bits & ((1 << kDistanceBits) - 1)];
    if ((entry & code_entry::kSecondTable) != 0) entry = second_look(bits, distances, entry, kDistanceBits);
    if ((entry & code_entry::kSpecial) != 0) {
      stop = Stop::kBadDistance;
      break;
    }
    const unsigned distance = take_value(bits, entry);
    if (distance > static_cast<std::size_t>(out - history)) {
      stop = Stop::kTooFar;
      break;
    }
    out = copy_match(out, distance, length);
  }
  source.bits = bits;
  window.set_out(out);
  return stop;
}

}  // namespace bulkhead
