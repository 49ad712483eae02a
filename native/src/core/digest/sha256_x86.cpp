// SHA-256 by SHA256RNDS2, SHA256MSG1 and SHA256MSG2 (Intel SDM, volume 2). The state lives in two registers,
// ABEF and CDGH; each RNDS2 makes two rounds; the message schedule is computed four words at a time.
#include "core/digest/sha256_x86.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include "core/digest/sha256_constants.h"

namespace bulkhead {
namespace {

#define BULKHEAD_SHA_TARGET __attribute__((target("sha,sse4.1")))

struct Registers {
  __m128i abef;
  __m128i cdgh;
};

BULKHEAD_SHA_TARGET inline Registers load(const Sha256::State& state) {
  const __m128i abcd = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state.data()));
  const __m128i efgh = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state.data() + 4));
  const __m128i cdab = _mm_shuffle_epi32(abcd, 0xB1);
  const __m128i efgh_reversed = _mm_shuffle_epi32(efgh, 0x1B);
  return {_mm_alignr_epi8(cdab, efgh_reversed, 8), _mm_blend_epi16(efgh_reversed, cdab, 0xF0)};
}

BULKHEAD_SHA_TARGET inline void store(Sha256::State& state, Registers registers) {
  const __m128i feba = _mm_shuffle_epi32(registers.abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(registers.cdgh, 0xB1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data()), _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state.data() + 4), _mm_alignr_epi8(dchg, feba, 8));
}

BULKHEAD_SHA_TARGET inline void four_rounds(Registers& registers, __m128i words, std::size_t round) {
  const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i*>(kSha256Constants.data() + round));
  const __m128i sum = _mm_add_epi32(words, constants);
  registers.cdgh = _mm_sha256rnds2_epu32(registers.cdgh, registers.abef, sum);
  registers.abef = _mm_sha256rnds2_epu32(registers.abef, registers.cdgh, _mm_shuffle_epi32(sum, 0x0E));
}

/** W[t..t+3] from the sixteen words before: w0 holds the oldest four, w3 the newest. */
BULKHEAD_SHA_TARGET inline __m128i next_words(__m128i w0, __m128i w1, __m128i w2, __m128i w3) {
  const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
  return _mm_sha256msg2_epu32(sum, w3);
}

BULKHEAD_SHA_TARGET inline __m128i load_words(const std::uint8_t* bytes) {
  const __m128i byte_order = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)), byte_order);
}

BULKHEAD_SHA_TARGET inline void compress_block(Registers& registers, const std::uint8_t* block) {
  const Registers before = registers;
  __m128i w[4];
  for (std::size_t i = 0; i < 4; ++i) {
    w[i] = load_words(block + 16 * i);
    four_rounds(registers, w[i], 4 * i);
  }
#pragma GCC unroll 12
  for (std::size_t i = 4; i < 16; ++i) {
    w[i % 4] = next_words(w[i % 4], w[(i + 1) % 4], w[(i + 2) % 4], w[(i + 3) % 4]);
    four_rounds(registers, w[i % 4], 4 * i);
  }
  registers.abef = _mm_add_epi32(registers.abef, before.abef);
  registers.cdgh = _mm_add_epi32(registers.cdgh, before.cdgh);
}

}  // namespace

bool sha256_x86_supported() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSE4_1) == 0 || (c & bit_SSSE3) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

BULKHEAD_SHA_TARGET void sha256_compress_x86(Sha256::State& state, const std::uint8_t* blocks, std::size_t count) {
  Registers registers = load(state);
  for (std::size_t i = 0; i < count; ++i) compress_block(registers, blocks + 64 * i);
  store(state, registers);
}

}  // namespace bulkhead

#else

namespace bulkhead {

bool sha256_x86_supported() { return false; }
void sha256_compress_x86(Sha256::State& state, const std::uint8_t* blocks, std::size_t count) {
  Sha256::compress_portable(state, blocks, count);
}

}  // namespace bulkhead

#endif
