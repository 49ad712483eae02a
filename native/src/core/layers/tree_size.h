// What a tree takes on disk, by descriptors: no symbolic link is followed, no mount entered.
#pragma once

#include <cstdint>
#include <string>

namespace bulkhead {

/** Bytes; what can't be looked at, has gone meanwhile, or lies deeper than 256 directories counts as nothing. */
std::uint64_t tree_size(const std::string& path);

}  // namespace bulkhead
