// Puts the entries of a layer into its directory, as an overlay lower directory has them.
#pragma once

#include "core/layers/entry_source.h"
#include "core/layers/layer_tree.h"

namespace bulkhead {

class LayerWriter {
 public:
  explicit LayerWriter(LayerTree tree) : tree_(std::move(tree)) {}

  /** All entries; how many they are. The directories are as they shall be after finish() only. */
  Result<std::uint64_t> write_all(EntrySource& source, std::uint64_t max_entries);
  /** Last of all. */
  Result<void> finish() { return tree_.finish(); }

 private:
  /** One entry, its data taken from the source that gave it. */
  Result<void> write(Entry entry, EntrySource& source);
  Result<void> write_file(const EntryPath& path, const Entry& entry, EntrySource& source);
  Result<void> write_link(const EntryPath& path, const Entry& entry);
  Result<void> write_symlink(const EntryPath& path, const Entry& entry);
  Result<void> write_node(const EntryPath& path, const Entry& entry);
  Result<void> write_whiteout(const EntryPath& path, const Entry& entry);
  /** Calls `make(parent)` in the entry's directory, once more after clearing the place if it was taken (EEXIST). */
  template <class Make>
  Result<int> make_in_place(const EntryPath& path, Make make);

  LayerTree tree_;
};

}  // namespace bulkhead
