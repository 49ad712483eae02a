#include "core/oci/sysctl_rules.h"

#include <sched.h>

#include <algorithm>
#include <array>

namespace bulkhead::oci {
namespace {

struct Parameter {
  std::string_view path;
  std::uint64_t name_space;
};

// namespaces(7), ipc_namespaces(7), uts_namespaces(7). kernel.hostname and kernel.domainname have fields of their own in
// the config, and kernel.* beyond these is the host's.
constexpr std::array kParameters = {
    Parameter{"kernel/msgmax", CLONE_NEWIPC},     Parameter{"kernel/msgmnb", CLONE_NEWIPC},
    Parameter{"kernel/msgmni", CLONE_NEWIPC},     Parameter{"kernel/sem", CLONE_NEWIPC},
    Parameter{"kernel/shmall", CLONE_NEWIPC},     Parameter{"kernel/shmmax", CLONE_NEWIPC},
    Parameter{"kernel/shmmni", CLONE_NEWIPC},     Parameter{"kernel/shm_rmid_forced", CLONE_NEWIPC},
    Parameter{"kernel/domainname", CLONE_NEWUTS},
};

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '/' || c == '.';
  });
}

/** No empty, "." or ".." component. */
bool is_plain_path(std::string_view path) {
  const std::string padded = "/" + std::string(path) + "/";
  return padded.find("//") == std::string::npos && padded.find("/./") == std::string::npos &&
         padded.find("/../") == std::string::npos;
}

/** As sysctl(8): what separator comes first decides; in the dotted form a slash stands for a dot (of an interface's name). */
std::string with_slashes(std::string_view key) {
  std::string path(key);
  const auto first = path.find_first_of("./");
  if (first == std::string::npos || path[first] == '/') return path;
  for (char& c : path) c = c == '.' ? '/' : c == '/' ? '.' : c;
  return path;
}

}  // namespace

std::optional<std::string> sysctl_path(std::string_view key) {
  if (!is_name(key)) return std::nullopt;
  std::string path = with_slashes(key);
  if (!is_plain_path(path) || sysctl_namespace(path) == 0) return std::nullopt;
  return path;
}

std::uint64_t sysctl_namespace(std::string_view path) {
  if (path.starts_with("net/")) return CLONE_NEWNET;
  if (path.starts_with("fs/mqueue/")) return CLONE_NEWIPC;
  for (const Parameter& parameter : kParameters)
    if (parameter.path == path) return parameter.name_space;
  return 0;
}

}  // namespace bulkhead::oci
