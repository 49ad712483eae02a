#include "core/oci/decode.h"

#include <cerrno>

#include "core/oci/decode_parts.h"
#include "core/oci/rule_text.h"

namespace bulkhead::oci {
namespace {

/** Parses and decodes with `visit(JsonNode)`; the first problem becomes the error. */
template <class Visit>
Result<void> decode_with(std::string_view text, Visit visit) {
  rapidjson::Document document;
  BULKHEAD_TRY(parse_json(text, kMaxConfigBytes, document));
  JsonProblem problem;
  const JsonNode root(document, problem);
  if (root.expect(document.IsObject(), "not an object")) visit(root);
  if (problem.found) return make_error("config", EINVAL, problem.object);
  return {};
}

/** Any 1.x: a later minor version adds fields only, and unknown fields are ignored. */
void decode_version(const JsonNode& root, Config& config) {
  if (!root.require("ociVersion", config.oci_version)) return;
  const bool known = config.oci_version.starts_with("1.") && config.oci_version.size() >= 5;
  if (!known) root.fail_field("ociVersion", "not a version 1.x");
}

void decode_root(const JsonNode& root, Config& config) {
  if (!root.with("root", [](const JsonNode&) {})) return root.fail_field("root", "missing");
  root.object("root", [&](const JsonNode& node) {
    if (node.require("path", config.root.path) && config.root.path.empty()) node.fail_field("path", "empty");
    node.read("readonly", config.root.read_only);
  });
}

/** A name of the UTS namespace: the kernel takes 64 bytes. */
void decode_uts_name(const JsonNode& root, const char* field, std::string& target) {
  constexpr std::size_t kMaxBytes = 64;
  if (root.read(field, target) && target.size() > kMaxBytes) root.fail_field(field, "longer than 64 bytes");
}

void decode_annotations(const JsonNode& root, Config& config) {
  root.each_field("annotations", [&](const JsonNode& node, std::string_view key) {
    std::string value;
    if (node.text(value)) config.annotations.emplace(key, std::move(value));
  });
}

void decode_root_object(const JsonNode& root, Config& config) {
  decode_version(root, config);
  decode_root(root, config);
  root.object("process", [&](const JsonNode& node) { decode_part(node, config.process.emplace()); });
  root.each("mounts", [&](const JsonNode& node) { decode_part(node, config.mounts.emplace_back()); });
  decode_uts_name(root, "hostname", config.hostname);
  decode_uts_name(root, "domainname", config.domainname);
  decode_annotations(root, config);
  root.object("hooks", [&](const JsonNode& node) { decode_part(node, config.hooks); });
  root.object("linux", [&](const JsonNode& node) { decode_part(node, config.linux_); });
}

}  // namespace

Result<Config> decode_config(std::string_view text) {
  Config config;
  BULKHEAD_TRY(decode_with(text, [&](const JsonNode& root) { decode_root_object(root, config); }));
  return config;
}

Result<Config> decode_config_without_rules(std::shared_ptr<const std::string> text) {
  std::optional<PartedConfig> parted = text->size() <= kMaxConfigBytes ? part_rules(*text) : std::nullopt;
  // Rules that notify, or may do so in escaped letters, decide about more than the filter.
  if (!parted || parted->rules.find_first_of('\\') != std::string::npos ||
      parted->rules.find("SCMP_ACT_NOTIFY") != std::string::npos)
    return decode_config(*text);
  Config config = BULKHEAD_TRY(decode_config(parted->rest));
  // It is there: the way to the rules leads through it.
  if (config.linux_.seccomp) {
    config.linux_.seccomp->rule_text = parted->rules;
    config.linux_.seccomp->config_text = std::move(text);
  }
  return config;
}

Result<std::vector<SeccompRule>> decode_rules(std::string_view rule_text) {
  std::vector<SeccompRule> rules;
  const std::string text = "{\"linux\":{\"seccomp\":{\"syscalls\":" + std::string(rule_text) + "}}}";
  BULKHEAD_TRY(decode_with(text, [&](const JsonNode& root) {
    root.object("linux", [&](const JsonNode& linux_) {
      linux_.object("seccomp", [&](const JsonNode& seccomp) { decode_part(seccomp, rules); });
    });
  }));
  return rules;
}

Result<Process> decode_process(std::string_view text) {
  Process process;
  BULKHEAD_TRY(decode_with(text, [&](const JsonNode& root) { decode_part(root, process); }));
  return process;
}

Result<Resources> decode_resources(std::string_view text) {
  Resources resources;
  BULKHEAD_TRY(decode_with(text, [&](const JsonNode& root) { decode_part(root, resources); }));
  return resources;
}

bool is_absolute_path(const std::string& path) {
  constexpr std::size_t kMaxBytes = 4095;
  if (path.empty() || path.front() != '/' || path.size() > kMaxBytes) return false;
  return (path + '/').find("/../") == std::string::npos;
}

bool read_absolute_path(const JsonNode& node, const char* name, std::string& target) {
  if (!node.require(name, target)) return false;
  if (is_absolute_path(target)) return true;
  node.fail_field(name, "not an absolute path");
  return false;
}

void decode_id_mappings(const JsonNode& node, const char* name, std::vector<IdMapping>& mappings) {
  constexpr std::uint64_t kIds = 0xffffffff;
  // The kernel's limit (user_namespaces(7), since Linux 4.15).
  constexpr std::size_t kMaxMappings = 340;
  node.each(name, [&](const JsonNode& element) {
    IdMapping& mapping = mappings.emplace_back();
    element.require("containerID", mapping.container_id);
    element.require("hostID", mapping.host_id);
    element.require("size", mapping.size);
    element.expect(mapping.size > 0, "of size 0");
    element.expect(std::uint64_t{mapping.container_id} + mapping.size <= kIds &&
                       std::uint64_t{mapping.host_id} + mapping.size <= kIds,
                   "beyond the last id");
  });
  if (mappings.size() > kMaxMappings) node.fail_field(name, "more than 340 mappings");
}

}  // namespace bulkhead::oci
