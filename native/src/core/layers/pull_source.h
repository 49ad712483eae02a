// A stream of bytes that is made while somebody asks for it: a blob that is inflated, a tree that is written as a tar.
#pragma once

#include <cstdint>
#include <span>

#include "core/result.h"

namespace bulkhead {

class PullSource {
 public:
  virtual ~PullSource() = default;
  /** Fills `into` unless the stream ends; the number of bytes, 0 at the end. */
  virtual Result<std::size_t> read(std::span<std::uint8_t> into) = 0;
};

}  // namespace bulkhead
