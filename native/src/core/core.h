// The core's public face, for the addon and the runtime's command line: everything they need is included here.
#pragma once

#include "core/builder/plan_builder.h"  // build_create_plan, build_exec_plan
#include "core/cgroup/control.h"        // freeze, kill_all, remove, processes, update, children
#include "core/cgroup/host.h"           // probe_host, group_path
#include "core/cgroup/stats.h"          // read_stats
#include "core/cgroup/stats_hugetlb.h"  // read_hugetlb
#include "core/linux/capabilities.h"    // available_capabilities
#include "core/oci/decode.h"            // decode_config, decode_process, decode_resources
#include "core/plan/launch.h"           // launch
#include "core/seccomp/cache.h"         // MemoryCache, DiskCache
#include "core/systemd/scope_holder.h"  // ScopeHolder, update_scope, stop_scope
