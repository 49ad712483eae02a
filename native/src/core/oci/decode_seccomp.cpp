// `linux.seccomp` of config.json.
#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "core/oci/decode_parts.h"

#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif
// Linux 5.19.
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

namespace bulkhead::oci {
namespace {

struct Named {
  std::string_view name;
  std::uint32_t number;
};

template <std::size_t N>
std::optional<std::uint32_t> lookup(const std::array<Named, N>& table, std::string_view name) {
  for (const Named& entry : table)
    if (entry.name == name) return entry.number;
  return std::nullopt;
}

constexpr std::array kActions = {
    Named{"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
    Named{"SCMP_ACT_LOG", SCMP_ACT_LOG},
    Named{"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
    Named{"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
    Named{"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
    Named{"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
    Named{"SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY},
};

constexpr std::array kArchitectures = {
    Named{"SCMP_ARCH_X86", SCMP_ARCH_X86},
    Named{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64},
    Named{"SCMP_ARCH_X32", SCMP_ARCH_X32},
    Named{"SCMP_ARCH_ARM", SCMP_ARCH_ARM},
    Named{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64},
    Named{"SCMP_ARCH_MIPS", SCMP_ARCH_MIPS},
    Named{"SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64},
    Named{"SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32},
    Named{"SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL},
    Named{"SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64},
    Named{"SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32},
    Named{"SCMP_ARCH_PPC", SCMP_ARCH_PPC},
    Named{"SCMP_ARCH_PPC64", SCMP_ARCH_PPC64},
    Named{"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE},
    Named{"SCMP_ARCH_S390", SCMP_ARCH_S390},
    Named{"SCMP_ARCH_S390X", SCMP_ARCH_S390X},
    Named{"SCMP_ARCH_PARISC", SCMP_ARCH_PARISC},
    Named{"SCMP_ARCH_PARISC64", SCMP_ARCH_PARISC64},
    Named{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64},
};

constexpr std::array kComparisons = {
    Named{"SCMP_CMP_NE", SCMP_CMP_NE},
    Named{"SCMP_CMP_LT", SCMP_CMP_LT},
    Named{"SCMP_CMP_LE", SCMP_CMP_LE},
    Named{"SCMP_CMP_EQ", SCMP_CMP_EQ},
    Named{"SCMP_CMP_GE", SCMP_CMP_GE},
    Named{"SCMP_CMP_GT", SCMP_CMP_GT},
    Named{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ},
};

constexpr std::array kFlags = {
    Named{"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
    Named{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
    Named{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    Named{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV},
};

/** Reads an action and the errno that belongs to it (EPERM when none is given, as the spec says). */
void decode_action(const JsonNode& node, const char* name, const char* errno_name, std::uint32_t& action) {
  std::string text;
  if (!node.require(name, text)) return;
  std::uint32_t number = EPERM;
  const bool has_number = node.read(errno_name, number);
  // The kernel's MAX_ERRNO.
  if (number > 4095) return node.fail_field(errno_name, "not an errno");
  const bool is_errno = text == "SCMP_ACT_ERRNO";
  if (is_errno || text == "SCMP_ACT_TRACE") {
    action = is_errno ? SCMP_ACT_ERRNO(number) : SCMP_ACT_TRACE(number);
    return;
  }
  if (has_number) return node.fail_field(errno_name, "means nothing to " + text);
  const auto known = lookup(kActions, text);
  if (!known) return node.fail_field(name, "unknown action \"" + text + "\"");
  action = *known;
}

void decode_argument(const JsonNode& node, SeccompArgument& argument) {
  node.require("index", argument.index);
  node.expect(argument.index <= 5, "no system call has an argument of that index");
  node.require("value", argument.value);
  node.read("valueTwo", argument.value_two);
  std::string op;
  if (!node.require("op", op)) return;
  const auto known = lookup(kComparisons, op);
  if (!known) return node.fail_field("op", "unknown operator \"" + op + "\"");
  argument.comparison = *known;
}

void decode_rule(const JsonNode& node, SeccompRule& rule) {
  node.read("names", rule.names);
  if (rule.names.empty()) node.fail_field("names", "empty");
  decode_action(node, "action", "errnoRet", rule.action);
  node.each("args", [&](const JsonNode& element) { decode_argument(element, rule.arguments.emplace_back()); });
}

/**
 * Who answers gets the filter's descriptor from the process that has loaded it, by sendmsg(2): were that itself to be answered
 * for, or all that is not listed, both would wait for ever.
 */
void check_notification(const JsonNode& node, const Seccomp& seccomp) {
  if (seccomp.default_action == SCMP_ACT_NOTIFY)
    return node.fail_field("defaultAction", "SCMP_ACT_NOTIFY can't be the default action");
  for (const SeccompRule& rule : seccomp.rules)
    for (const std::string& name : rule.names)
      if (rule.action == SCMP_ACT_NOTIFY && (name == "sendmsg" || name == "exit_group"))
        return node.fail_field("syscalls", "SCMP_ACT_NOTIFY can't be used for " + name);
  if (seccomp.notifies() && seccomp.listener_path.empty())
    return node.fail_field("listenerPath", "missing, and SCMP_ACT_NOTIFY needs it");
  if (!seccomp.notifies() && (seccomp.flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) != 0)
    node.fail_field("flags", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs SCMP_ACT_NOTIFY");
}

}  // namespace

bool Seccomp::notifies() const {
  return std::any_of(rules.begin(), rules.end(),
                     [](const SeccompRule& rule) { return rule.action == SCMP_ACT_NOTIFY; });
}

void decode_part(const JsonNode& node, Seccomp& seccomp) {
  decode_action(node, "defaultAction", "defaultErrnoRet", seccomp.default_action);
  node.each("architectures", [&](const JsonNode& element) {
    std::string name;
    if (!element.text(name)) return;
    const auto known = lookup(kArchitectures, name);
    if (element.expect(known.has_value(), "unknown architecture \"" + name + "\""))
      seccomp.architectures.push_back(*known);
  });
  node.each("flags", [&](const JsonNode& element) {
    std::string name;
    if (!element.text(name)) return;
    const auto known = lookup(kFlags, name);
    if (element.expect(known.has_value(), "unknown flag \"" + name + "\"")) seccomp.flags |= *known;
  });
  if (node.read("listenerPath", seccomp.listener_path) && !seccomp.listener_path.empty() &&
      !is_absolute_path(seccomp.listener_path))
    node.fail_field("listenerPath", "not an absolute path");
  node.read("listenerMetadata", seccomp.listener_metadata);
  decode_part(node, seccomp.rules);
  check_notification(node, seccomp);
}

void decode_part(const JsonNode& node, std::vector<SeccompRule>& rules) {
  node.each("syscalls", [&](const JsonNode& element) { decode_rule(element, rules.emplace_back()); });
}

}  // namespace bulkhead::oci
