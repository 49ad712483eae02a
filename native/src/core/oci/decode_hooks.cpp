// `hooks` of config.json.
#include "core/oci/decode_parts.h"

namespace bulkhead::oci {
namespace {

void decode_hook(const JsonNode& node, Hook& hook) {
  read_absolute_path(node, "path", hook.path);
  node.read("args", hook.args);
  node.read("env", hook.env);
  if (node.read("timeout", hook.timeout) && *hook.timeout == 0) node.fail_field("timeout", "not above 0");
}

void decode_list(const JsonNode& node, const char* name, std::vector<Hook>& hooks) {
  node.each(name, [&](const JsonNode& element) { decode_hook(element, hooks.emplace_back()); });
}

}  // namespace

void decode_part(const JsonNode& node, Hooks& hooks) {
  decode_list(node, "prestart", hooks.prestart);
  decode_list(node, "createRuntime", hooks.create_runtime);
  decode_list(node, "createContainer", hooks.create_container);
  decode_list(node, "startContainer", hooks.start_container);
  decode_list(node, "poststart", hooks.poststart);
  decode_list(node, "poststop", hooks.poststop);
}

}  // namespace bulkhead::oci
