// Which kernel parameters a container may have of its own: those that the kernel keeps per namespace, and no others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bulkhead::oci {

/** "net.ipv4.ip_forward" or "net/ipv4/ip_forward" → the path below /proc/sys; none: not a namespaced one, or malformed. */
std::optional<std::string> sysctl_path(std::string_view key);

/** CLONE_NEWIPC, CLONE_NEWNET or CLONE_NEWUTS: the namespace that `path` (of sysctl_path) belongs to. */
std::uint64_t sysctl_namespace(std::string_view path);

}  // namespace bulkhead::oci
