// What a tar says of something in a tree.
#pragma once

#include "core/layers/entry.h"
#include "core/layers/tree_walk.h"

namespace bulkhead {

/**
 * Of a node that is no socket, without its data: a file is as long as its status says. Extended attributes sorted, as far as a layer may
 * have them. EOPNOTSUPP, step "read-tree", when overlayfs keeps a part of it elsewhere (`redirect_dir`, `metacopy`).
 */
Result<Entry> entry_of_node(const TreeNode& node);

/** A file's pieces that are not zeros, by its content alone; nullopt: none of its blocks of 1 MiB is all zeros. */
Result<std::optional<std::vector<Extent>>> find_extents(int file, std::uint64_t size, const std::string& path);

}  // namespace bulkhead
