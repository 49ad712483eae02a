// Removes directories with all that is in them, by descriptors: no symbolic link is followed, no mount entered.
#pragma once

#include <string>

#include "core/result.h"

namespace bulkhead {

/** `path` is absolute; nothing there: no error. EXDEV or EBUSY when something is mounted within. */
Result<void> remove_tree(const std::string& path);
/** `name` in the open directory, whatever it is. */
Result<void> remove_tree_at(int directory, const std::string& name);

}  // namespace bulkhead
