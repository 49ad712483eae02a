// Which cgroup hierarchies this host has, where they are mounted, and which controllers each carries: found by probing, so
// that v1, v2 and any mixture of both are one case each of the same table. Owns no group.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace bulkhead::cgroup {

struct Hierarchy {
  std::string mount_point;
  bool is_v2 = false;
  /** "memory", "cpu", …; of a named v1 hierarchy: "name=systemd". */
  std::vector<std::string> controllers;

  bool has(std::string_view controller) const;
};

constexpr const char* kDefaultRoot = "/bulkhead";

enum class Mode { kV2, kHybrid, kV1 };

class Host {
 public:
  std::vector<Hierarchy> hierarchies;
  /** Where groups go whose path is relative or not given: absolute below each hierarchy's mount. */
  std::string root = kDefaultRoot;
  /** Whether a file is there, and what it holds; tests put their own in place. */
  std::function<bool(const std::string&)> exists;
  std::function<std::string(const std::string&)> read;

  /** The hierarchy that carries `controller`; null: none here. */
  const Hierarchy* find(std::string_view controller) const;
  /** The v2 hierarchy, with or without controllers; null: none. */
  const Hierarchy* unified() const;
  Mode mode() const;
};

/** Reads /proc/self/mountinfo, /proc/self/cgroup and the v2 root's cgroup.controllers. Error: no cgroup mounted at all. */
Result<Host> probe_host();

/** The pure part of probe_host. `read` gives a file's content, empty when it is not there. */
Host parse_host(std::string_view mountinfo, std::string_view own_cgroup,
                std::function<std::string(const std::string&)> read);

/** `path` as linux.cgroupsPath, or empty: the path below each mount, absolute and without a slash at its end. */
std::string group_path(const Host& host, std::string_view path, std::string_view id);

}  // namespace bulkhead::cgroup
