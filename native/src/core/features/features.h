// What this kernel can do that others can't, found by trying it: versions say nothing about patched kernels.
#pragma once

#include <string>

#include "core/cgroup/host.h"

namespace bulkhead {

struct HostFeatures {
  std::string kernel_release;
  std::string boot_id;
  /** Idmapped mounts of the file system that holds the data directory (Linux 5.12; each file system since its own version). */
  bool idmapped_mounts = false;
  /** Overlays over idmapped layers (5.19). */
  bool idmapped_overlay = false;
  /** 5.6. */
  bool time_namespaces = false;
  /** cgroup.kill (5.14). */
  bool cgroup_kill = false;
};

/** Takes about a millisecond. `data_directory` must exist for the idmap probes to succeed. */
HostFeatures probe_features(const cgroup::Host& host, const std::string& data_directory);

}  // namespace bulkhead
