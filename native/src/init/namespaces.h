// Entering and making namespaces around the clone.
#pragma once

#include "cgroups.h"
#include "context.h"

namespace bulkhead::init {

/** Whether the plan joins a namespace of this kind (a CLONE_NEW* flag) instead of making one. */
inline bool joins_namespace(const Context& context, uint32_t flag) {
  for (const auto& join : each(context, context.plan->joinNamespaces)) {
    if (join.cloneFlag == flag) return true;
  }
  return false;
}

/** By the monitor, before the clone: a new time namespace, which only children enter. */
void make_child_namespaces(Context& context);

/** clone3 with the plan's new namespaces, into the v2 group: 0 in the child, the pid in the monitor; `*pidfd` is the monitor's. */
int clone_container(Context& context, const CgroupJoins& joins, int* pidfd);

/** By the child: namespaces that are joined, the user namespace first. Of a pid namespace only what it clones is in it. */
void join_namespaces(Context& context);

/** By the child, once its maps are written: becomes root of its user namespace. */
void become_namespace_root(Context& context);

/** By the child, after it has joined its cgroups, which so become the namespace's root. */
void enter_cgroup_namespace(Context& context);

}  // namespace bulkhead::init
