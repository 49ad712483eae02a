// The 512 bytes of a tar header: v7, ustar (POSIX.1-1988), GNU and star. Numbers and strings of one block, nothing
// else.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/layers/byte_source.h"

namespace bulkhead {

inline constexpr std::size_t kTarBlock = 512;
using TarBlock = std::array<std::uint8_t, kTarBlock>;

enum class TarFormat { kV7, kUstar, kGnu, kStar };

class TarHeader {
 public:
  explicit TarHeader(const TarBlock& block) : block_(&block) {}

  bool is_zero() const;
  /** The sum over the block, of unsigned or (as some old writers made it) signed bytes. */
  bool has_valid_checksum() const;
  TarFormat format() const;
  char type() const { return static_cast<char>((*block_)[156]); }
  /** With the prefix that ustar keeps apart. */
  std::string name() const;
  std::string link() const { return text(157, 100); }

  // nullopt: not a number. Base-256 may be negative.
  std::optional<std::int64_t> mode() const { return number(100, 8); }
  std::optional<std::int64_t> uid() const { return number(108, 8); }
  std::optional<std::int64_t> gid() const { return number(116, 8); }
  std::optional<std::int64_t> size() const { return number(124, 12); }
  std::optional<std::int64_t> mtime() const { return number(136, 12); }
  std::optional<std::int64_t> device_major() const { return number(329, 8); }
  std::optional<std::int64_t> device_minor() const { return number(337, 8); }

  /** Old GNU sparse files: the size with holes, and whether a block of extents follows. */
  std::optional<std::int64_t> gnu_real_size() const { return number(483, 12); }
  bool gnu_is_extended() const { return (*block_)[482] != 0; }

 private:
  std::string text(std::size_t at, std::size_t size) const;
  std::optional<std::int64_t> number(std::size_t at, std::size_t size) const;

  const TarBlock* block_;
};

/** A number of a header: octal digits amid spaces and NULs, or base-256 (GNU) when the first bit is set. Empty: 0. */
std::optional<std::int64_t> parse_tar_number(Bytes field);

}  // namespace bulkhead
