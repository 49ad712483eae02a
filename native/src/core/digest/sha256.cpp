// The padding, the portable compression function and the choice between it and the one by instructions.
#include "core/digest/sha256.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/digest/sha256_constants.h"
#include "core/digest/sha256_x86.h"

namespace bulkhead {
namespace {

constexpr Sha256::State kInitial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

std::uint32_t load_be32(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

using Schedule = std::array<std::uint32_t, 64>;

Schedule schedule(const std::uint8_t* block) {
  Schedule w;
  for (std::size_t i = 0; i < 16; ++i) w[i] = load_be32(block + 4 * i);
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
    const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  return w;
}

void compress_block(Sha256::State& state, const std::uint8_t* block) {
  const Schedule w = schedule(block);
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kSha256Constants[i] + w[i];
    const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  const Sha256::State added = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += added[i];
}

std::string to_hex(const Sha256Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

Sha256::Sha256() : Sha256(fastest()) {}
Sha256::Sha256(Compress compress) : compress_(compress), state_(kInitial) {}

void Sha256::update(std::span<const std::uint8_t> data) {
  if (data.empty()) return;
  total_ += data.size();
  if (pending_size_ > 0) {
    const std::size_t taken = std::min(data.size(), kBlock - pending_size_);
    std::memcpy(pending_.data() + pending_size_, data.data(), taken);
    pending_size_ += taken;
    data = data.subspan(taken);
    if (pending_size_ < kBlock) return;
    compress_(state_, pending_.data(), 1);
    pending_size_ = 0;
  }
  const std::size_t blocks = data.size() / kBlock;
  if (blocks > 0) compress_(state_, data.data(), blocks);
  data = data.subspan(blocks * kBlock);
  std::copy(data.begin(), data.end(), pending_.begin());
  pending_size_ = data.size();
}

Sha256Digest Sha256::finish() {
  pad();
  Sha256Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(state_[i / 4] >> (24 - i % 4 * 8));
  return digest;
}

std::string Sha256::digest() { return digest_text(finish()); }

// A one bit, zeros, and the length in bits, big-endian, at the end of a block.
void Sha256::pad() {
  const std::uint64_t bits = total_ * 8;
  std::array<std::uint8_t, 2 * kBlock> tail{};
  tail[0] = 0x80;
  const std::size_t filled = pending_size_ % kBlock;
  const std::size_t size = (filled < kBlock - 8 ? kBlock : 2 * kBlock) - filled;
  for (std::size_t i = 0; i < 8; ++i) tail[size - 1 - i] = static_cast<std::uint8_t>(bits >> 8 * i);
  update({tail.data(), size});
}

Sha256::Compress Sha256::fastest() { return sha256_x86_supported() ? &sha256_compress_x86 : &compress_portable; }

void Sha256::compress_portable(State& state, const std::uint8_t* blocks, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) compress_block(state, blocks + i * kBlock);
}

std::string digest_text(const Sha256Digest& digest) { return "sha256:" + to_hex(digest); }

Sha256Digest sha256(std::string_view bytes) {
  Sha256 hash;
  hash.update({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  return hash.finish();
}

std::string sha256_hex(std::string_view bytes) { return to_hex(sha256(bytes)); }

}  // namespace bulkhead
