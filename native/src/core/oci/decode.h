// config.json → Config: the one place where a configuration is parsed and checked. What comes out is applied as it is.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/oci/config.h"
#include "core/result.h"

namespace bulkhead::oci {

constexpr std::size_t kMaxConfigBytes = 4u << 20;

/**
 * Decodes a whole config.json. Fields that the spec doesn't know are ignored, as it demands; what it knows and this core
 * can't apply is refused. Error: step "config", object "<field>: <what is wrong>", number EINVAL (E2BIG: too large).
 */
Result<Config> decode_config(std::string_view text);

/** Not make_shared: that needs run-time type information from libstdc++, which brings its exceptions into the runtime. */
inline std::shared_ptr<const std::string> share_text(std::string text) {
  return std::shared_ptr<const std::string>(new std::string(std::move(text)));
}

/**
 * As decode_config, but leaves the seccomp rules as text (Seccomp::rule_text) where that can be done: a filter that is cached
 * under that text needs no more.
 */
Result<Config> decode_config_without_rules(std::shared_ptr<const std::string> text);
inline Result<Config> decode_config_without_rules(std::string text) {
  return decode_config_without_rules(share_text(std::move(text)));
}

/** Decodes what Seccomp::rule_text holds. */
Result<std::vector<SeccompRule>> decode_rules(std::string_view rule_text);

/** Decodes a `process` object alone, as `exec --process FILE` gets it. */
Result<Process> decode_process(std::string_view text);

/** Decodes a `linux.resources` object alone, as `update --resources FILE` gets it. */
Result<Resources> decode_resources(std::string_view text);

}  // namespace bulkhead::oci
