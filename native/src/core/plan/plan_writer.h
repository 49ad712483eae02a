// Writes launch plans: collects strings and arrays behind the header and hands out their offsets.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "plan.h"

namespace bulkhead::plan {

class PlanWriter {
 public:
  PlanWriter() {
    bytes_.reserve(kUsualBytes);
    bytes_.resize(sizeof(Plan));
  }

  /** A string, or any bytes; a NUL is put behind them. */
  Text text(std::string_view content) {
    const Text result{next(), static_cast<uint32_t>(content.size())};
    append(content.data(), content.size());
    bytes_.push_back(std::byte{0});
    return result;
  }

  template <class T>
  Array<T> array(std::span<const T> elements) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (elements.empty()) return {0, 0};
    bytes_.resize((bytes_.size() + 7) & ~size_t{7});
    const Array<T> result{next(), static_cast<uint32_t>(elements.size())};
    append(elements.data(), elements.size_bytes());
    return result;
  }
  template <class T>
  Array<T> array(const std::vector<T>& elements) {
    return array(std::span<const T>(elements));
  }

  /** The finished plan; `header` gets magic, version and size. */
  std::vector<std::byte> finish(Plan header) && {
    header.magic = kMagic;
    header.version = kVersion;
    header.size = next();
    std::memcpy(bytes_.data(), &header, sizeof header);
    return std::move(bytes_);
  }

 private:
  /** A default container's, with its seccomp filter: so it is not moved about while it grows. */
  static constexpr size_t kUsualBytes = 24 * 1024;

  uint32_t next() const { return static_cast<uint32_t>(bytes_.size()); }
  void append(const void* data, size_t size) {
    const auto* first = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), first, first + size);
  }

  std::vector<std::byte> bytes_;
};

}  // namespace bulkhead::plan
