#include "core/oci/mount_options.h"

#include <linux/mount.h>

#include <algorithm>
#include <array>

namespace bulkhead::oci {
namespace {

struct Attribute {
  std::string_view name;
  std::uint64_t set;
  std::uint64_t clear;
};

// Each also with an "r" before it: for the mounts below as well (Linux 5.12, mount_setattr AT_RECURSIVE).
// The access times are one field of the kernel's, so that setting one of them clears the field first.
constexpr std::array kAttributes = {
    Attribute{"ro", MOUNT_ATTR_RDONLY, 0},
    Attribute{"rw", 0, MOUNT_ATTR_RDONLY},
    Attribute{"nosuid", MOUNT_ATTR_NOSUID, 0},
    Attribute{"suid", 0, MOUNT_ATTR_NOSUID},
    Attribute{"nodev", MOUNT_ATTR_NODEV, 0},
    Attribute{"dev", 0, MOUNT_ATTR_NODEV},
    Attribute{"noexec", MOUNT_ATTR_NOEXEC, 0},
    Attribute{"exec", 0, MOUNT_ATTR_NOEXEC},
    Attribute{"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
    Attribute{"diratime", 0, MOUNT_ATTR_NODIRATIME},
    Attribute{"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
    Attribute{"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW},
    Attribute{"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    Attribute{"atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    Attribute{"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    Attribute{"norelatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    Attribute{"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    Attribute{"nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
};

struct Propagation {
  std::string_view name;
  unsigned long flags;
};

constexpr std::array kPropagations = {
    Propagation{"private", MS_PRIVATE},       Propagation{"rprivate", MS_PRIVATE | MS_REC},
    Propagation{"shared", MS_SHARED},         Propagation{"rshared", MS_SHARED | MS_REC},
    Propagation{"slave", MS_SLAVE},           Propagation{"rslave", MS_SLAVE | MS_REC},
    Propagation{"unbindable", MS_UNBINDABLE}, Propagation{"runbindable", MS_UNBINDABLE | MS_REC},
};

// Flags of the superblock that mount(2) takes as bits and fsconfig(2) by name.
constexpr std::array<std::string_view, 4> kSuperblockFlags = {"sync", "dirsync", "mand", "lazytime"};
// The kernel's defaults: nothing is to be done.
constexpr std::array<std::string_view, 8> kDefaults = {"defaults", "async",    "nomand", "nolazytime",
                                                       "loud",     "iversion", "silent", "noiversion"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const Attribute* find_attribute(std::string_view name) {
  const auto found =
      std::find_if(kAttributes.begin(), kAttributes.end(), [&](const Attribute& a) { return a.name == name; });
  return found == kAttributes.end() ? nullptr : &*found;
}

/** A later option takes back what an earlier one set. */
void merge(const Attribute& attribute, std::uint64_t& set, std::uint64_t& clear) {
  set = (set & ~attribute.clear) | attribute.set;
  clear = (clear & ~attribute.set) | attribute.clear;
}

bool apply_attribute(std::string_view option, MountOptions& options) {
  if (const Attribute* attribute = find_attribute(option)) {
    merge(*attribute, options.set, options.clear);
    return true;
  }
  if (!option.starts_with('r')) return false;
  const Attribute* attribute = find_attribute(option.substr(1));
  if (attribute == nullptr) return false;
  merge(*attribute, options.recursive_set, options.recursive_clear);
  return true;
}

bool apply_word(std::string_view option, MountOptions& options) {
  if (option == "bind") {
    options.bind = true;
  } else if (option == "rbind") {
    options.bind = options.recursive = true;
  } else if (option == "idmap") {
    options.idmap = true;
  } else if (option == "ridmap") {
    options.idmap = options.recursive_idmap = true;
  } else if (option == "remount") {
    options.remount = true;
  } else if (option == "tmpcopyup") {
    options.copy_up = true;
  } else {
    return contains(kDefaults, option);
  }
  return true;
}

bool add_parameter(std::string_view option, MountOptions& options) {
  const auto equals = option.find('=');
  if (equals == std::string_view::npos) {
    options.parameters.emplace_back(option, std::nullopt);
    return true;
  }
  if (equals == 0 || equals + 1 == option.size()) return false;
  options.parameters.emplace_back(option.substr(0, equals), std::string(option.substr(equals + 1)));
  return true;
}

}  // namespace

std::optional<unsigned long> propagation_flags(std::string_view name) {
  for (const Propagation& propagation : kPropagations)
    if (propagation.name == name) return propagation.flags;
  return std::nullopt;
}

bool apply_mount_option(std::string_view option, MountOptions& options) {
  if (option.empty()) return false;
  if (const auto propagation = propagation_flags(option)) {
    options.propagation = *propagation;
    return true;
  }
  if (apply_attribute(option, options) || apply_word(option, options)) return true;
  if (contains(kSuperblockFlags, option)) {
    options.parameters.emplace_back(option, std::nullopt);
    return true;
  }
  return add_parameter(option, options);
}

}  // namespace bulkhead::oci
