// Opens a path with somebody's own rights: in a short-lived process that has become him wholly (see the plan kind
// kOpen).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/descriptor/unique_fd.h"
#include "core/result.h"

namespace bulkhead {

struct CallerIdentity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

struct OpenedPath {
  /** O_PATH. */
  UniqueFd fd;
  bool is_directory = false;
};

/** Blocks: 2 s at most (ETIMEDOUT), however long a FUSE server takes. `path` is absolute. */
Result<OpenedPath> open_as_caller(const CallerIdentity& identity, const std::string& path, bool is_write);

}  // namespace bulkhead
