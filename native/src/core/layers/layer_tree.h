// The directories of a layer that is being unpacked: finds and makes them beneath the layer's root, by descriptor, and
// gives them their final owner, mode, attributes and time at the end (until then they are root's, 0700: nobody else can
// look in, nothing is inherited from them, and writing into them does not spoil their times).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/descriptor/unique_fd.h"
#include "core/layers/entry.h"
#include "core/layers/entry_path.h"
#include "core/layers/lower_layers.h"
#include "core/result.h"

namespace bulkhead {

class LayerTree {
 public:
  /** `directory`: an empty directory of this process's user. */
  static Result<LayerTree> open(const std::string& directory, LowerLayers lower);

  /** An O_PATH descriptor, the tree's and valid until the next call; with its parents it is made if missing. */
  Result<int> directory(const std::string& path);
  /** As above, but ENOENT if missing. */
  Result<int> existing_directory(const std::string& path);
  /** Makes a directory, or takes the one that is there; its metadata are `entry`'s, in the end. */
  Result<void> make_directory(const EntryPath& path, Entry entry);
  /** Removes whatever is there, also a directory full of files, so that something else can take its place. */
  Result<void> clear(const EntryPath& path);
  /** Hides what lower layers have in that directory. */
  Result<void> make_opaque(const std::string& path);
  /** Gives the directories their metadata. Last of all. */
  Result<void> finish();

 private:
  struct Pending {
    std::string path;
    ino_t inode;
    Entry metadata;
  };

  LayerTree(UniqueFd root, LowerLayers lower) : root_(std::move(root)), lower_(std::move(lower)) {}

  UniqueFd open_resolved(const std::string& path, std::uint64_t flags) const;
  int remember(const std::string& path, UniqueFd fd);
  Result<void> make_missing(const std::string& path);
  /** Of a directory that no entry describes. */
  Entry implied_metadata(const std::string& path) const;
  Result<void> note(const std::string& path, Entry metadata);
  Result<void> finish(const Pending& pending) const;

  UniqueFd root_;
  LowerLayers lower_;
  std::unordered_map<std::string, UniqueFd> open_;
  std::vector<Pending> pending_;
  std::size_t pending_bytes_ = 0;
};

}  // namespace bulkhead
