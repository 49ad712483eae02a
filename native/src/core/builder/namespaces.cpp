// linux.namespaces, the id mappings and the clocks.
#include "core/builder/build_context.h"

namespace bulkhead::builder {
namespace {

Result<void> check(const oci::Config& config) {
  const oci::Linux& linux_ = config.linux_;
  const oci::Namespace* mount = linux_.find_namespace(CLONE_NEWNS);
  if (mount == nullptr || !mount->path.empty())
    return config_error("linux.namespaces: a container needs a mount namespace of its own");
  const bool names_host = !config.hostname.empty() || !config.domainname.empty();
  if (names_host && linux_.find_namespace(CLONE_NEWUTS) == nullptr)
    return config_error("hostname: needs a uts namespace");
  return {};
}

plan::Array<plan::TimeOffset> write_offsets(BuildContext& context) {
  std::vector<plan::TimeOffset> offsets;
  const auto add = [&](const std::optional<oci::TimeOffsets>& offset, bool is_boottime) {
    if (offset) offsets.push_back({is_boottime, offset->nanoseconds, offset->seconds});
  };
  add(context.config.linux_.monotonic_offset, false);
  add(context.config.linux_.boottime_offset, true);
  return context.writer.array(offsets);
}

}  // namespace

std::optional<std::uint32_t> host_id(const std::vector<oci::IdMapping>& mappings, std::uint32_t id) {
  if (mappings.empty()) return id;
  for (const oci::IdMapping& mapping : mappings)
    if (id >= mapping.container_id && id - mapping.container_id < mapping.size)
      return mapping.host_id + (id - mapping.container_id);
  return std::nullopt;
}

plan::Array<plan::IdMapping> write_id_mappings(BuildContext& context, const std::vector<oci::IdMapping>& mappings) {
  std::vector<plan::IdMapping> written;
  for (const oci::IdMapping& mapping : mappings)
    written.push_back({mapping.container_id, mapping.host_id, mapping.size});
  return context.writer.array(written);
}

Result<void> build_namespaces(BuildContext& context) {
  BULKHEAD_TRY(check(context.config));
  std::vector<plan::NamespaceJoin> joins;
  for (const oci::Namespace& entry : context.config.linux_.namespaces) {
    const auto flag = static_cast<std::uint32_t>(entry.flag);
    if (entry.path.empty())
      context.plan.newNamespaces |= flag;
    else
      joins.push_back({flag, context.slot({-1, entry.path})});
  }
  context.plan.joinNamespaces = context.writer.array(joins);
  context.plan.uidMappings = write_id_mappings(context, context.config.linux_.uid_mappings);
  context.plan.gidMappings = write_id_mappings(context, context.config.linux_.gid_mappings);
  context.plan.timeOffsets = write_offsets(context);
  if ((context.plan.newNamespaces & CLONE_NEWNET) != 0) context.plan.flags |= plan::kPlanLoopbackUp;
  return {};
}

}  // namespace bulkhead::builder
