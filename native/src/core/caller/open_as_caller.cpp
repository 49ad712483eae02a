// The plan that says it all; bulkhead-init does the work.
#include "core/caller/open_as_caller.h"

#include <cerrno>

#include "core/plan/launch.h"
#include "core/plan/plan_writer.h"

namespace bulkhead {
namespace {

constexpr int kTimeoutMs = 2000;
constexpr uid_t kUnchanged = static_cast<uid_t>(-1);  // what setresuid(2) reads as "stay who you are": root

std::vector<std::byte> open_plan(const CallerIdentity& identity, const std::string& path, bool is_write) {
  plan::PlanWriter writer;
  plan::Plan header{};
  header.kind = plan::Kind::kOpen;
  header.open.uid = identity.uid;
  header.open.gid = identity.gid;
  header.open.groups = writer.array(identity.groups);
  header.open.path = writer.text(path);
  header.open.isWrite = is_write ? 1 : 0;
  return std::move(writer).finish(header);
}

}  // namespace

Result<OpenedPath> open_as_caller(const CallerIdentity& identity, const std::string& path, bool is_write) {
  // A NUL would make the path that is opened another than the one that was asked for.
  const bool is_valid = path.starts_with('/') && path.find('\0') == std::string::npos;
  if (!is_valid) return make_error("open", EINVAL, path);
  if (identity.uid == kUnchanged || identity.gid == kUnchanged)
    return make_error("open", EINVAL, "the caller's identity");
  const OpenedDescriptor opened = BULKHEAD_TRY(launch_open(open_plan(identity, path, is_write), kTimeoutMs));
  return OpenedPath{UniqueFd(opened.fd), opened.isDirectory};
}

}  // namespace bulkhead
