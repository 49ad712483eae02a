// Whether this program is root in the initial user namespace, or of one below it, as rootless engines call it.
#pragma once

namespace bulkhead::runtime {

/** user_namespaces(7): only the initial one maps all ids onto themselves. */
bool is_in_user_namespace();

/** Not so where the namespace was made by somebody who must not leave his own groups (/proc/self/setgroups). */
bool may_set_groups();

}  // namespace bulkhead::runtime
