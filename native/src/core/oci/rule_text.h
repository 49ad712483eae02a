// Parts a config.json into the list of its seccomp rules, which makes up most of it and is the same for nearly every container,
// and all the rest: where the rules' filter is at hand, they need not be decoded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bulkhead::oci {

struct PartedConfig {
  /** The text with an empty list in the rules' place. */
  std::string rest;
  /** Where in the text the list `linux.seccomp.syscalls` is, brackets included; it has not been checked. */
  std::string_view rules;
};

/**
 * None: there are no rules, or their place is not certain without decoding everything (a key on the way to them stands twice
 * or is escaped, or the text is no JSON). Not a check of the text: the rest, and the rules before their first use, are still
 * to be decoded.
 */
std::optional<PartedConfig> part_rules(std::string_view text);
/** The rules would point into a text that is gone. */
std::optional<PartedConfig> part_rules(std::string&& text) = delete;

}  // namespace bulkhead::oci
