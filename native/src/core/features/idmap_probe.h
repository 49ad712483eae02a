// Whether mounts can be idmapped here, and overlays made of such mounts: tried in a process that lives for a millisecond, in
// its own user and mount namespaces.
#pragma once

#include <string>

namespace bulkhead {

struct IdmapSupport {
  bool mounts = false;
  bool overlay = false;
};

/** `directory`: on the file system that matters. All false when it can't be tried (not root, no such directory). */
IdmapSupport probe_idmap(const std::string& directory);

}  // namespace bulkhead
