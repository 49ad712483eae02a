// Folding (Gopal and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", Intel 2009): 64 bytes are replaced by what
// they do to the next 64, until few are left; those the tables take. The constants are x^n modulo the polynomial, reflected, for the
// distances 512 ± 32 and 128 ± 32 bits.
#include "core/digest/crc32_x86.h"

#include "core/digest/crc32.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#include <array>

namespace bulkhead {
namespace {

#define BULKHEAD_CLMUL_TARGET __attribute__((target("pclmul,sse4.1")))

constexpr std::size_t kLane = 16;
constexpr std::size_t kLanes = 4;

BULKHEAD_CLMUL_TARGET inline __m128i load(const std::uint8_t* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

/** `folded` moved on to where `next` is. */
BULKHEAD_CLMUL_TARGET inline __m128i fold(__m128i folded, __m128i next, __m128i distance) {
  const __m128i low = _mm_clmulepi64_si128(folded, distance, 0x00);
  const __m128i high = _mm_clmulepi64_si128(folded, distance, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/** Of 64 bytes at least; what is left of `data` has less than 16. */
BULKHEAD_CLMUL_TARGET __m128i fold_all(std::uint32_t state, std::span<const std::uint8_t>& data) {
  const __m128i by_512 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
  const __m128i by_128 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
  __m128i lanes[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = load(data.data() + i * kLane);
  lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128(static_cast<int>(state)));
  data = data.subspan(kLanes * kLane);
  for (; data.size() >= kLanes * kLane; data = data.subspan(kLanes * kLane))
    for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = fold(lanes[i], load(data.data() + i * kLane), by_512);
  __m128i folded = lanes[0];
  for (std::size_t i = 1; i < kLanes; ++i) folded = fold(folded, lanes[i], by_128);
  for (; data.size() >= kLane; data = data.subspan(kLane)) folded = fold(folded, load(data.data()), by_128);
  return folded;
}

}  // namespace

bool crc32_x86_supported() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_PCLMUL) != 0 && (c & bit_SSE4_1) != 0;
}

BULKHEAD_CLMUL_TARGET std::uint32_t crc32_advance_x86(std::uint32_t state, std::span<const std::uint8_t> data) {
  if (data.size() < kLanes * kLane) return Crc32::advance_portable(state, data);
  alignas(kLane) std::array<std::uint8_t, kLane> left;
  _mm_store_si128(reinterpret_cast<__m128i*>(left.data()), fold_all(state, data));
  return Crc32::advance_portable(Crc32::advance_portable(0, left), data);
}

}  // namespace bulkhead

#else

namespace bulkhead {

bool crc32_x86_supported() { return false; }
std::uint32_t crc32_advance_x86(std::uint32_t state, std::span<const std::uint8_t> data) {
  return Crc32::advance_portable(state, data);
}

}  // namespace bulkhead

#endif
