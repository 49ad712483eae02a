// SHA-256 (FIPS 180-4), incremental: the digests of blobs and of the tars inside them, the keys of caches.
// Uses the processor's SHA instructions where it has them (five times faster), plain C++ elsewhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bulkhead {

using Sha256Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  using State = std::array<std::uint32_t, 8>;
  using Compress = void (*)(State& state, const std::uint8_t* blocks, std::size_t count);

  Sha256();
  /** With the compression function given: for the tests, which force the fallback. */
  explicit Sha256(Compress compress);

  void update(std::span<const std::uint8_t> data);
  /** Of all that was given. The object is used up. */
  Sha256Digest finish();
  /** The same as `sha256:<64 hexadecimal digits>`. */
  std::string digest();

  /** The one that this processor runs fastest. */
  static Compress fastest();
  static void compress_portable(State& state, const std::uint8_t* blocks, std::size_t count);

 private:
  static constexpr std::size_t kBlock = 64;

  void pad();

  Compress compress_;
  State state_;
  std::array<std::uint8_t, kBlock> pending_;
  std::size_t pending_size_ = 0;
  std::uint64_t total_ = 0;
};

/** `sha256:…`. */
std::string digest_text(const Sha256Digest& digest);
Sha256Digest sha256(std::string_view bytes);
/** In hexadecimal digits. */
std::string sha256_hex(std::string_view bytes);

}  // namespace bulkhead
