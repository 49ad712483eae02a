// What is in a container's layers, in an order that depends on nothing but the names: each directory, its files sorted, then the
// directories in it, sorted. Everything by descriptor beneath the layers' roots: whoever writes to them meanwhile redirects nothing,
// and nothing is opened here but directories.
#pragma once

#include <sys/stat.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/descriptor/unique_fd.h"
#include "core/result.h"

namespace bulkhead {

enum class TreeView {
  /** One layer as it is: what it hides of those below is told. */
  kLayer,
  /** Several as overlayfs shows them, one on top of the other. */
  kMerged,
};

struct TreeNode {
  enum class What {
    kNode,
    /** Hides that name of the layers below. */
    kWhiteout,
    /** Hides all that the layers below have in that directory. */
    kOpaque,
  };
  What what = What::kNode;
  /** Relative; "" is the root. */
  std::string path = {};
  /** Of a node: O_PATH, or of a directory O_RDONLY; and its status. */
  UniqueFd fd = {};
  struct stat status = {};
};

class TreeWalk {
 public:
  /** `layers`: directories, lowest first; exactly one for kLayer. */
  static Result<TreeWalk> open(const std::vector<std::string>& layers, TreeView view);

  /** nullopt: that was all. What goes while it is looked for is passed over. */
  Result<std::optional<TreeNode>> next();

 private:
  /** A directory that is still to be visited, and how many layers (from the top) show something of it. */
  struct Pending {
    std::string path;
    std::size_t layers;
  };
  /** A name of the directory that is being visited: the topmost layer that has it, and what it is there. */
  struct Found {
    std::size_t layer;
    unsigned char type;
  };

  TreeWalk(std::vector<UniqueFd> roots, TreeView view);

  Result<std::optional<TreeNode>> visit(Pending directory);
  /** Opens it in each layer that shows something of it. */
  Result<void> open_directories(Pending& directory);
  Result<std::map<std::string, Found>> list();
  Result<void> list_layer(std::size_t layer, std::map<std::string, Found>& names);
  Result<void> sort_out(std::map<std::string, Found> names, const Pending& directory);
  Result<std::optional<TreeNode>> take(const std::string& name, const Found& found) const;
  Result<void> hold(std::size_t bytes);

  /** Topmost first. */
  std::vector<UniqueFd> roots_;
  TreeView view_;
  /** The last is the next. */
  std::vector<Pending> pending_;
  std::string path_;
  /** The directory's layers, topmost first; invalid: that layer has none. */
  std::vector<UniqueFd> directories_;
  bool tells_opaque_ = false;
  std::map<std::string, Found> files_;
  std::size_t held_bytes_ = 0;
};

}  // namespace bulkhead
