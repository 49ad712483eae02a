// What makes the map of a sparse file one: asked by who reads it and, again, by who writes the file.
#pragma once

#include "core/layers/entry.h"

namespace bulkhead {

inline constexpr std::size_t kMaxExtents = 64 * 1024;

/** Ascending, without overlap, within the file; together the archived bytes. */
inline bool are_extents_valid(const Entry& entry) {
  std::uint64_t end = 0;
  std::uint64_t sum = 0;
  for (const Extent& extent : entry.extents) {
    if (extent.offset < end || extent.offset > entry.real_size) return false;
    if (extent.size > entry.real_size - extent.offset) return false;
    end = extent.offset + extent.size;
    sum += extent.size;
  }
  return sum == entry.size;
}

}  // namespace bulkhead
