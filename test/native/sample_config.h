// A small valid config.json, and the same with one part replaced: what the tests of decoding and planning start from.
#pragma once

#include <string>
#include <string_view>

namespace bulkhead::test {

/** `process`, `mounts`, `linux` are JSON values; `more` is further fields, each beginning with a comma. */
struct ConfigParts {
  std::string process = R"({"args":["/bin/true"],"cwd":"/","user":{"uid":0,"gid":0},"env":["PATH=/bin"]})";
  std::string mounts = "[]";
  std::string linux_ = R"({"namespaces":[{"type":"mount"},{"type":"pid"}]})";
  std::string more;
};

inline std::string config_text(const ConfigParts& parts) {
  return R"({"ociVersion":"1.2.0","root":{"path":"/rootfs"},"process":)" + parts.process + R"(,"mounts":)" +
         parts.mounts + R"(,"linux":)" + parts.linux_ + parts.more + "}";
}

/** A process with the fields `more` ("\"cwd\":\"/x\"") beside args; cwd is / unless given. */
inline std::string process_with(const std::string& more) { return R"({"args":["/bin/true"],"cwd":"/",)" + more + "}"; }

inline std::string linux_with(const std::string& more) {
  return R"({"namespaces":[{"type":"mount"},{"type":"pid"},{"type":"network"},{"type":"ipc"},{"type":"uts"}],)" + more +
         "}";
}

}  // namespace bulkhead::test
