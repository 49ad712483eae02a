// One openat2 a directory and layer. The names of one directory and the paths of those that are still to be visited are all that is
// kept, and both are bounded; so are the descriptors: two for each layer.
#include "core/layers/tree_walk.h"

#include <fcntl.h>
#include <sys/xattr.h>

#include <cerrno>
#include <ranges>

#include "core/descriptor/directory_stream.h"
#include "core/descriptor/open_beneath.h"
#include "core/layers/errors.h"

namespace bulkhead {
namespace {

constexpr std::uint64_t kResolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
constexpr std::size_t kMaxHeldBytes = 128 * 1024 * 1024;
constexpr std::size_t kNameCost = 96;

Error walk_error(const std::string& path) { return make_error("read-tree", errno, path); }

std::string below(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

bool is_whiteout(const struct stat& status) { return S_ISCHR(status.st_mode) && status.st_rdev == 0; }

bool is_opaque(int directory) {
  char value = 0;
  return fgetxattr(directory, "trusted.overlay.opaque", &value, 1) == 1 && value == 'y';
}

/** As d_type has it; some file systems leave that to stat(2). */
unsigned char type_of(int directory, const dirent& entry) {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type;
  struct stat status {};
  if (fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return DT_UNKNOWN;
  return static_cast<unsigned char>(IFTODT(status.st_mode));
}

}  // namespace

TreeWalk::TreeWalk(std::vector<UniqueFd> roots, TreeView view) : roots_(std::move(roots)), view_(view) {
  pending_.push_back({"", roots_.size()});
}

Result<TreeWalk> TreeWalk::open(const std::vector<std::string>& layers, TreeView view) {
  if (layers.empty() || (view == TreeView::kLayer && layers.size() != 1))
    return make_error("read-tree", EINVAL, "layers");
  std::vector<UniqueFd> roots;
  for (const std::string& layer : std::views::reverse(layers)) {
    roots.emplace_back(::open(layer.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!roots.back()) return walk_error(layer);
  }
  return TreeWalk(std::move(roots), view);
}

Result<std::optional<TreeNode>> TreeWalk::next() {
  for (;;) {
    std::optional<TreeNode> node;
    if (tells_opaque_) {
      tells_opaque_ = false;
      return std::optional<TreeNode>(TreeNode{.what = TreeNode::What::kOpaque, .path = path_});
    }
    if (!files_.empty()) {
      const auto file = files_.extract(files_.begin());
      held_bytes_ -= file.key().size() + kNameCost;
      node = BULKHEAD_TRY(take(file.key(), file.mapped()));
    } else if (!pending_.empty()) {
      Pending directory = std::move(pending_.back());
      pending_.pop_back();
      held_bytes_ -= directory.path.empty() ? 0 : directory.path.size() + kNameCost;
      node = BULKHEAD_TRY(visit(std::move(directory)));
    } else {
      return std::optional<TreeNode>();
    }
    if (node) return node;
  }
}

Result<std::optional<TreeNode>> TreeWalk::visit(Pending directory) {
  BULKHEAD_TRY(open_directories(directory));
  path_ = directory.path;
  const auto topmost = std::ranges::find_if(directories_, &UniqueFd::valid);
  if (topmost == directories_.end()) return std::optional<TreeNode>();
  TreeNode node{.path = path_, .fd = UniqueFd(fcntl(topmost->get(), F_DUPFD_CLOEXEC, 3))};
  if (!node.fd || fstat(node.fd.get(), &node.status) != 0) return walk_error(path_);
  tells_opaque_ = view_ == TreeView::kLayer && is_opaque(topmost->get());
  auto names = BULKHEAD_TRY(list());
  BULKHEAD_TRY(sort_out(std::move(names), directory));
  return std::optional<TreeNode>(std::move(node));
}

// What is no directory there, or an opaque one, hides those below it; so does what hides one of its parents, which has made
// `layers` smaller before.
Result<void> TreeWalk::open_directories(Pending& directory) {
  directories_.clear();
  const std::string path = directory.path.empty() ? "." : directory.path;
  for (std::size_t layer = 0; layer < directory.layers; ++layer) {
    UniqueFd fd = open_beneath(roots_[layer].get(), path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, kResolve);
    if (!fd && errno == ENOENT) {
      directories_.emplace_back();
      continue;
    }
    const bool hides = !fd && (errno == ENOTDIR || errno == ELOOP);
    if (!fd && !hides) return walk_error(directory.path);
    if (hides || is_opaque(fd.get())) directory.layers = hides ? layer : layer + 1;
    if (fd) directories_.push_back(std::move(fd));
  }
  return {};
}

Result<std::map<std::string, TreeWalk::Found>> TreeWalk::list() {
  std::map<std::string, Found> names;
  for (std::size_t layer = 0; layer < directories_.size(); ++layer)
    if (directories_[layer]) BULKHEAD_TRY(list_layer(layer, names));
  return names;
}

Result<void> TreeWalk::list_layer(std::size_t layer, std::map<std::string, Found>& names) {
  const int directory = directories_[layer].get();
  const DirectoryStream stream =
      open_directory_stream(UniqueFd(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  if (!stream) return walk_error(path_);
  errno = 0;
  while (const dirent* entry = readdir(stream.get())) {
    if (is_dot(entry->d_name)) continue;
    const auto [place, is_new] = names.try_emplace(entry->d_name, Found{layer, DT_UNKNOWN});
    if (is_new) {
      place->second.type = type_of(directory, *entry);
      BULKHEAD_TRY(hold(place->first.size() + kNameCost));
    }
    errno = 0;
  }
  return errno == 0 ? Result<void>() : Result<void>(walk_error(path_));
}

Result<void> TreeWalk::sort_out(std::map<std::string, Found> names, const Pending& directory) {
  files_.clear();
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    if (name->second.type != DT_DIR) continue;
    pending_.push_back({below(path_, name->first), directory.layers});
    BULKHEAD_TRY(hold(path_.empty() ? 0 : path_.size() + 1));
  }
  std::erase_if(names, [](const auto& name) { return name.second.type == DT_DIR; });
  files_ = std::move(names);
  return {};
}

Result<std::optional<TreeNode>> TreeWalk::take(const std::string& name, const Found& found) const {
  TreeNode node{.path = below(path_, name)};
  node.fd = open_beneath(directories_[found.layer].get(), name, O_PATH | O_NOFOLLOW, 0, kResolve);
  if (!node.fd && errno == ENOENT) return std::optional<TreeNode>();
  if (!node.fd || fstat(node.fd.get(), &node.status) != 0) return walk_error(node.path);
  // Somebody is quick: a directory in a file's place would need to be listed.
  if (S_ISDIR(node.status.st_mode)) return std::optional<TreeNode>();
  if (!is_whiteout(node.status)) return std::optional<TreeNode>(std::move(node));
  if (view_ == TreeView::kMerged) return std::optional<TreeNode>();
  node.what = TreeNode::What::kWhiteout;
  return std::optional<TreeNode>(std::move(node));
}

Result<void> TreeWalk::hold(std::size_t bytes) {
  held_bytes_ += bytes;
  return held_bytes_ > kMaxHeldBytes ? Result<void>(limit_error("names of directories")) : Result<void>();
}

}  // namespace bulkhead
