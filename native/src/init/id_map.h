// User namespaces: their id maps, and ones that exist only to describe an idmapped mount.
#pragma once

#include "context.h"

namespace bulkhead::init {

/** Writes setgroups, gid_map and uid_map of a process that was just cloned into a new user namespace. */
void write_id_maps(Context& context, int pid);

/** What id 0 of the container is on the host; 0 without a mapping. */
inline uint32_t root_outside(const Context& context, plan::Array<plan::IdMapping> map) {
  for (const auto& mapping : each(context, map)) {
    if (mapping.inside == 0) return mapping.outside;
  }
  return 0;
}

/** A descriptor of a new user namespace with these maps, for MOUNT_ATTR_IDMAP; -errno. */
long make_user_namespace(Context& context, plan::Array<plan::IdMapping> uid_map, plan::Array<plan::IdMapping> gid_map);

}  // namespace bulkhead::init
