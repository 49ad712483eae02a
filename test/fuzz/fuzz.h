// What the fuzzers share: their input as text, and a way to say what must hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace bulkhead::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/** libFuzzer keeps the input with which this ends the process. */
inline void must(bool holds) {
  if (!holds) abort();
}

}  // namespace bulkhead::fuzz
