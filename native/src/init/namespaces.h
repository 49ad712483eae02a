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

/**
 * By the monitor, first of all: what the plan writes into namespaces (host name, sysctls) must not land in the host's. EPERM: a
 * namespace is joined that is this process's own, or that of PID 1.
 */
void check_joined_namespaces(Context& context);

/** By the monitor, before the clone: a new time namespace, which only children enter. */
void make_child_namespaces(Context& context);

/**
 * clone3 with the plan's new namespaces, into the v2 group: 0 in the child, the pid in the monitor; `*pidfd` is the monitor's.
 * Where a user namespace is joined it makes none: they belong to the user namespace of whom makes them (enter_user_namespace).
 */
int clone_container(Context& context, const CgroupJoins& joins, int* pidfd);

/**
 * By the child, where a user namespace is joined: enters it as its root, and clones the container's half into the plan's new
 * namespaces, which so belong to it (user_namespaces(7)). Only that one returns; it is the monitor's child.
 */
void enter_user_namespace(Context& context);
/** By the monitor: from here on that one is the child. */
void adopt_inner_child(Context& context);

/** By the child: namespaces that are joined. Of a pid namespace only what it clones is in it. */
void join_namespaces(Context& context);

/** By the child, once its maps are written: becomes root of its user namespace. */
void become_namespace_root(Context& context);

/** By the child, after it has joined its cgroups, which so become the namespace's root. */
void enter_cgroup_namespace(Context& context);

}  // namespace bulkhead::init
