// Headers, data, padding, in turn.
#include "core/layers/tree_tar.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/layers/entry_path.h"
#include "core/layers/errors.h"
#include "core/layers/tar_headers.h"
#include "core/layers/tree_entry.h"
#include "core/tar/tar_stream.h"

namespace bulkhead {
namespace {

constexpr const char* kStep = "read-tree";
constexpr std::uint64_t kSparseFrom = 2 * 1024 * 1024;
constexpr std::size_t kMaxLinkBytes = 128 * 1024 * 1024;
constexpr std::size_t kLinkCost = 96;
constexpr std::string_view kWhiteoutPrefix = ".wh.";

std::string beside(const std::string& directory, std::string_view name) {
  return (directory.empty() ? "" : directory + "/").append(name);
}

// By the very descriptor whose status says that it is a regular file: a device or fifo that takes its name is never opened.
Result<UniqueFd> open_file(const TreeNode& node) {
  UniqueFd file(open(("/proc/self/fd/" + std::to_string(node.fd.get())).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return make_error(kStep, errno, node.path);
  return file;
}

}  // namespace

Result<std::unique_ptr<TreeTar>> TreeTar::open(const std::vector<std::string>& layers, TreeView view,
                                               std::uint64_t max_entries, UnpackControl& control) {
  TreeWalk walk = BULKHEAD_TRY(TreeWalk::open(layers, view));
  return std::unique_ptr<TreeTar>(new TreeTar(std::move(walk), view, max_entries, control));
}

Result<std::size_t> TreeTar::read(std::span<std::uint8_t> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    if (control_->cancelled.load(std::memory_order_relaxed)) return make_error(kStep, ECANCELED, path_);
    const std::span<std::uint8_t> rest = into.subspan(filled);
    if (blocks_done_ < blocks_.size()) {
      filled += take_blocks(rest);
    } else if (has_data()) {
      filled += BULKHEAD_TRY(read_data(rest));
    } else if (!BULKHEAD_TRY(advance())) {
      break;
    }
  }
  const std::uint64_t before = control_->blob_bytes.fetch_add(filled, std::memory_order_relaxed);
  if (control_->on_blob_bytes) control_->on_blob_bytes(before + filled);
  return filled;
}

std::size_t TreeTar::take_blocks(std::span<std::uint8_t> into) {
  const std::size_t count = std::min(into.size(), blocks_.size() - blocks_done_);
  std::memcpy(into.data(), blocks_.data() + blocks_done_, count);
  blocks_done_ += count;
  return count;
}

Result<std::size_t> TreeTar::read_data(std::span<std::uint8_t> into) {
  const Extent& extent = extents_[extent_];
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), extent.size - extent_done_));
  ssize_t count = pread(file_.get(), into.data(), wanted, static_cast<off_t>(extent.offset + extent_done_));
  if (count < 0 && errno == EINTR) return std::size_t{0};
  if (count < 0) return make_error(kStep, errno, path_);
  if (count == 0) {
    std::memset(into.data(), 0, wanted);
    count = static_cast<ssize_t>(wanted);
  }
  extent_done_ += static_cast<std::uint64_t>(count);
  if (extent_done_ < extent.size) return static_cast<std::size_t>(count);
  extent_done_ = 0;
  ++extent_;
  if (!has_data()) {
    file_.reset();
    blocks_.assign(padding_, '\0');
    blocks_done_ = 0;
  }
  return static_cast<std::size_t>(count);
}

Result<bool> TreeTar::advance() {
  if (ended_) return false;
  blocks_.clear();
  blocks_done_ = 0;
  const std::optional<TreeNode> node = BULKHEAD_TRY(walk_.next());
  if (!node) {
    blocks_ = tar_end();
    ended_ = true;
    return true;
  }
  if (++entries_ > max_entries_) return limit_error("entries");
  BULKHEAD_TRY(begin(*node));
  return true;
}

Result<void> TreeTar::begin(const TreeNode& node) {
  path_ = node.path;
  const auto [parent, base] = split_path(node.path);
  const bool is_reserved = view_ == TreeView::kLayer && base.starts_with(kWhiteoutPrefix);
  if (is_reserved) return make_error(kStep, EINVAL, node.path);
  if (node.what == TreeNode::What::kWhiteout) {
    blocks_ = tar_marker(beside(parent, std::string(kWhiteoutPrefix) + base));
    return {};
  }
  if (node.what == TreeNode::What::kOpaque) {
    blocks_ = tar_marker(beside(node.path, ".wh..wh..opq"));
    return {};
  }
  if (S_ISSOCK(node.status.st_mode)) return {};
  Entry entry = BULKHEAD_TRY(entry_of_node(node));
  BULKHEAD_TRY(link_to_first(node, entry));
  if (entry.kind == EntryKind::kFile) BULKHEAD_TRY(begin_file(node, entry));
  blocks_ = tar_headers(entry);
  return {};
}

// Of what has several names, the first has the content.
Result<void> TreeTar::link_to_first(const TreeNode& node, Entry& entry) {
  if (node.status.st_nlink < 2 || entry.kind == EntryKind::kDirectory) return {};
  const auto [first, is_new] = links_.try_emplace({node.status.st_dev, node.status.st_ino}, node.path);
  if (is_new) {
    link_bytes_ += node.path.size() + kLinkCost;
    return link_bytes_ > kMaxLinkBytes ? Result<void>(limit_error("hard links")) : Result<void>();
  }
  entry.kind = EntryKind::kHardLink;
  entry.link = first->second;
  entry.size = 0;
  entry.xattrs.clear();
  return {};
}

Result<void> TreeTar::begin_file(const TreeNode& node, Entry& entry) {
  file_ = BULKHEAD_TRY(open_file(node));
  extents_.clear();
  extent_ = 0;
  extent_done_ = 0;
  if (entry.size >= kSparseFrom) BULKHEAD_TRY(leave_out_zeros(entry));
  if (!entry.is_sparse && entry.size > 0) extents_.push_back({0, entry.size});
  padding_ = tar_padding(entry.size);
  return {};
}

Result<void> TreeTar::leave_out_zeros(Entry& entry) {
  auto extents = BULKHEAD_TRY(find_extents(file_.get(), entry.size, entry.name));
  if (!extents) return {};
  entry.is_sparse = true;
  entry.real_size = std::exchange(entry.size, 0);
  for (const Extent& extent : *extents) entry.size += extent.size;
  entry.extents = *extents;
  extents_ = std::move(*extents);
  return {};
}

}  // namespace bulkhead
