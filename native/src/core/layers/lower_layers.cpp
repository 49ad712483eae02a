// One look-up a layer, from the top, without following links: what a link hides is not merged.
#include "core/layers/lower_layers.h"

#include <fcntl.h>

#include <cerrno>
#include <ranges>

#include "core/descriptor/open_beneath.h"
#include "core/layers/errors.h"

namespace bulkhead {
namespace {

constexpr std::uint64_t kResolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;

}  // namespace

Result<LowerLayers> LowerLayers::open(const std::vector<std::string>& directories) {
  LowerLayers lower;
  for (const std::string& directory : std::views::reverse(directories)) {
    lower.layers_.emplace_back(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!lower.layers_.back()) return unpack_error(errno, directory);
  }
  return lower;
}

std::optional<struct stat> LowerLayers::find_directory(const std::string& path) const {
  for (const UniqueFd& layer : layers_) {
    const UniqueFd found = open_beneath(layer.get(), path.empty() ? "." : path, O_PATH | O_NOFOLLOW, 0, kResolve);
    if (!found && errno == ENOENT) continue;
    struct stat status {};
    // A whiteout, a file or a link hides whatever is further below.
    if (!found || fstat(found.get(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
    return status;
  }
  return std::nullopt;
}

}  // namespace bulkhead
