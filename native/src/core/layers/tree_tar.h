// A tree written as a tar, piece by piece, as somebody asks for it: a layer, or all that a container's root shows. The same tree gives the
// same bytes: nothing but what is in it counts, nor in which order a directory has it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/layers/entry.h"
#include "core/layers/pull_source.h"
#include "core/layers/tree_walk.h"
#include "core/layers/unpack_control.h"

namespace bulkhead {

class TreeTar final : public PullSource {
 public:
  /** `control` counts the bytes of the tar, and ends it. `layers`: as of TreeWalk. */
  static Result<std::unique_ptr<TreeTar>> open(const std::vector<std::string>& layers, TreeView view,
                                               std::uint64_t max_entries, UnpackControl& control);

  /**
   * Sockets are left out. What shrinks while it is read is filled with zeros, what grows is cut off. Errors: step "read-tree"; EINVAL for
   * a file of a layer that is named as a whiteout is written; limits as in unpacking.
   */
  Result<std::size_t> read(std::span<std::uint8_t> into) override;
  /** Of the tar so far; a socket that is left out counts. Once nobody reads any more. */
  std::uint64_t entries() const { return entries_; }

 private:
  TreeTar(TreeWalk walk, TreeView view, std::uint64_t max_entries, UnpackControl& control)
      : walk_(std::move(walk)), view_(view), max_entries_(max_entries), control_(&control) {}

  /** Makes the next entry ready; false: there is none. */
  Result<bool> advance();
  Result<void> begin(const TreeNode& node);
  Result<void> link_to_first(const TreeNode& node, Entry& entry);
  Result<void> begin_file(const TreeNode& node, Entry& entry);
  Result<void> leave_out_zeros(Entry& entry);
  bool has_data() const { return extent_ < extents_.size(); }
  Result<std::size_t> read_data(std::span<std::uint8_t> into);
  std::size_t take_blocks(std::span<std::uint8_t> into);

  TreeWalk walk_;
  TreeView view_;
  std::uint64_t max_entries_;
  UnpackControl* control_;
  std::uint64_t entries_ = 0;
  bool ended_ = false;
  /** By device and inode: the first name of what has several. */
  std::map<std::pair<dev_t, ino_t>, std::string> links_;
  std::size_t link_bytes_ = 0;
  /** Headers and padding, and how much of them has been given out. */
  std::string blocks_;
  std::size_t blocks_done_ = 0;
  /** The file whose data are being given out, its pieces, and where in them that is. */
  UniqueFd file_;
  std::string path_;
  std::vector<Extent> extents_;
  std::size_t extent_ = 0;
  std::uint64_t extent_done_ = 0;
  std::uint64_t padding_ = 0;
};

}  // namespace bulkhead
