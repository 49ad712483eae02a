// The options of a mount in config.json, sorted by what the kernel does with them: attributes of the mount, its propagation,
// parameters of the file system.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bulkhead::oci {

struct MountOptions {
  /** "bind" or "rbind". */
  bool bind = false;
  /** "rbind": with the mounts below the source. */
  bool recursive = false;
  /** MOUNT_ATTR_… to set and to clear on the mount itself. */
  std::uint64_t set = 0;
  std::uint64_t clear = 0;
  /** The same for it and all mounts below ("rro", "rnosuid" …). */
  std::uint64_t recursive_set = 0;
  std::uint64_t recursive_clear = 0;
  /** MS_PRIVATE, MS_SHARED, MS_SLAVE or MS_UNBINDABLE, perhaps with MS_REC; 0: not given. */
  unsigned long propagation = 0;
  /** "idmap", "ridmap". */
  bool idmap = false;
  bool recursive_idmap = false;
  /** "remount": of a bind mount, whose attributes are set in any case. */
  bool remount = false;
  /** "tmpcopyup": a tmpfs that starts with what the directory below it holds. */
  bool copy_up = false;
  /** For fsconfig(2), in order: name and value; without a value a flag. */
  std::vector<std::pair<std::string, std::optional<std::string>>> parameters;
};

/** Sorts one option into `options`. False: it contradicts itself ("mode="). */
bool apply_mount_option(std::string_view option, MountOptions& options);

/** "private", "rslave", … → MS_…; none: not the name of a propagation. */
std::optional<unsigned long> propagation_flags(std::string_view name);

}  // namespace bulkhead::oci
