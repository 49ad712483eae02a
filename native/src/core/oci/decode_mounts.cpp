// `mounts` of config.json.
#include "core/oci/decode_parts.h"

namespace bulkhead::oci {
namespace {

void decode_options(const JsonNode& node, Mount& mount) {
  node.each("options", [&](const JsonNode& element) {
    std::string option;
    if (!element.text(option)) return;
    element.expect(apply_mount_option(option, mount.options), "mount option \"" + option + "\" can't be applied");
  });
}

/** Options that would be passed over in silence are refused. */
void check_bind(const JsonNode& node, const Mount& mount) {
  if (!mount.options.parameters.empty())
    node.fail_field("options", "\"" + mount.options.parameters.front().first + "\" means nothing to a bind mount");
  node.expect(!mount.source.empty(), "a bind mount without a source");
  node.expect(!mount.options.copy_up, "tmpcopyup is for tmpfs");
}

void check_filesystem(const JsonNode& node, const Mount& mount) {
  node.expect(!mount.options.remount, "remount is for bind mounts: a new file system has nothing to be mounted again");
  node.expect(!mount.type.empty(), "neither a type nor a bind option");
  node.expect(!mount.options.copy_up || mount.type == "tmpfs", "tmpcopyup is for tmpfs");
  const bool mapped = mount.options.idmap || !mount.uid_mappings.empty() || !mount.gid_mappings.empty();
  node.expect(!mapped, "id mappings are for bind mounts");
}

/** A relative one is meant from the root on (runtime-spec 1.2). */
void decode_destination(const JsonNode& node, Mount& mount) {
  if (!node.require("destination", mount.destination)) return;
  const bool is_relative = !mount.destination.empty() && mount.destination.front() != '/';
  if (is_relative) mount.destination.insert(0, "/");
  if (!is_absolute_path(mount.destination)) node.fail_field("destination", "not an absolute path");
}

}  // namespace

void decode_part(const JsonNode& node, Mount& mount) {
  decode_destination(node, mount);
  node.read("type", mount.type);
  node.read("source", mount.source);
  decode_options(node, mount);
  decode_id_mappings(node, "uidMappings", mount.uid_mappings);
  decode_id_mappings(node, "gidMappings", mount.gid_mappings);
  node.expect(mount.uid_mappings.empty() == mount.gid_mappings.empty(), "uidMappings and gidMappings go together");
  // "bind" as a type is common, though the spec wants the option.
  if (mount.type == "bind") mount.options.bind = true;
  if (mount.options.bind) return check_bind(node, mount);
  check_filesystem(node, mount);
}

}  // namespace bulkhead::oci
