// The layers below the one that is unpacked, as far as they tell what a directory is like that the archive does not describe:
// in an overlay the topmost layer's directory hides the owner and the mode of those below.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "core/descriptor/unique_fd.h"
#include "core/result.h"

namespace bulkhead {

class LowerLayers {
 public:
  /** Directories, lowest first. */
  static Result<LowerLayers> open(const std::vector<std::string>& directories);

  /** The status of that directory where it is seen from above; none: it is not there, or is something else. */
  std::optional<struct stat> find_directory(const std::string& path) const;

 private:
  /** Topmost first. */
  std::vector<UniqueFd> layers_;
};

}  // namespace bulkhead
