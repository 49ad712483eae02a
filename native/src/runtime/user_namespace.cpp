#include "runtime/user_namespace.h"

#include <cstdio>

#include "core/linux/files.h"

namespace bulkhead::runtime {

bool is_in_user_namespace() {
  const auto map = read_file("/proc/self/uid_map");
  unsigned long inside = 1, outside = 1, count = 0;
  // A kernel without user namespaces has no such file.
  if (!map.ok() || sscanf(map.value().c_str(), "%lu %lu %lu", &inside, &outside, &count) != 3) return false;
  return inside != 0 || outside != 0 || count != 0xffffffff;
}

bool may_set_groups() {
  const auto text = read_file("/proc/self/setgroups");
  return !text.ok() || !text.value().starts_with("deny");
}

}  // namespace bulkhead::runtime
