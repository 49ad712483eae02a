#include "core/cgroup/devices.h"

#include <linux/bpf.h>

#include <cstring>

namespace bulkhead::cgroup {
namespace {

oci::DeviceRule allow(char type, std::optional<std::uint32_t> major, std::optional<std::uint32_t> minor,
                      const char* access) {
  const std::string letters = access;
  const auto has = [&](char c) { return letters.find(c) != std::string::npos; };
  return {.allow = true,
          .type = type,
          .major = major,
          .minor = minor,
          .read = has('r'),
          .write = has('w'),
          .mknod = has('m')};
}

std::uint32_t access_bits(const oci::DeviceRule& rule) {
  const auto bit = [](bool wanted, std::uint32_t value) { return wanted ? value : 0; };
  return bit(rule.mknod, BPF_DEVCG_ACC_MKNOD) | bit(rule.read, BPF_DEVCG_ACC_READ) |
         bit(rule.write, BPF_DEVCG_ACC_WRITE);
}

// ── eBPF ─────────────────────────────────────────────────────────────────────────────────────────────────────────
// r0: the verdict. r2: type. r3: accesses not decided yet. r4: major. r5: minor.

std::uint64_t encode(std::uint8_t code, std::uint8_t dst, std::uint8_t src, std::int16_t off, std::int32_t imm) {
  bpf_insn instruction{};
  instruction.code = code;
  instruction.dst_reg = dst & 0xf;
  instruction.src_reg = src & 0xf;
  instruction.off = off;
  instruction.imm = imm;
  std::uint64_t bits = 0;
  std::memcpy(&bits, &instruction, sizeof bits);
  return bits;
}
std::uint64_t load_word(std::uint8_t dst, std::uint8_t src, std::size_t offset) {
  return encode(BPF_LDX | BPF_MEM | BPF_W, dst, src, static_cast<std::int16_t>(offset), 0);
}
std::uint64_t operate(std::uint8_t op, std::uint8_t dst, std::int32_t imm) {
  return encode(BPF_ALU | BPF_K | op, dst, 0, 0, imm);
}
std::uint64_t move(std::uint8_t dst, std::uint8_t src) { return encode(BPF_ALU | BPF_X | BPF_MOV, dst, src, 0, 0); }
/** A jump over `skip` instructions when `dst` and `imm` compare so. (BPF_JMP32 needs Linux 5.1; the registers hold zero-extended words.) */
std::uint64_t jump(std::uint8_t op, std::uint8_t dst, std::int32_t imm, std::size_t skip) {
  return encode(BPF_JMP | BPF_K | op, dst, 0, static_cast<std::int16_t>(skip), imm);
}

void append_exit(std::vector<std::uint64_t>& program, std::int32_t verdict) {
  program.push_back(operate(BPF_MOV, BPF_REG_0, verdict));
  program.push_back(encode(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
}

void append_prologue(std::vector<std::uint64_t>& program) {
  program.push_back(load_word(BPF_REG_2, BPF_REG_1, offsetof(bpf_cgroup_dev_ctx, access_type)));
  program.push_back(move(BPF_REG_3, BPF_REG_2));
  program.push_back(operate(BPF_RSH, BPF_REG_3, 16));
  program.push_back(operate(BPF_AND, BPF_REG_2, 0xffff));
  program.push_back(load_word(BPF_REG_4, BPF_REG_1, offsetof(bpf_cgroup_dev_ctx, major)));
  program.push_back(load_word(BPF_REG_5, BPF_REG_1, offsetof(bpf_cgroup_dev_ctx, minor)));
}

/** What happens when the device matches: deny if an undecided access is the rule's; or decide the rule's accesses, allow if none is left. */
std::vector<std::uint64_t> verdict_of(const oci::DeviceRule& rule) {
  std::vector<std::uint64_t> code;
  const auto bits = static_cast<std::int32_t>(access_bits(rule));
  if (rule.allow) {
    code.push_back(operate(BPF_AND, BPF_REG_3, ~bits & 7));
    code.push_back(jump(BPF_JNE, BPF_REG_3, 0, 2));
    append_exit(code, 1);
  } else {
    code.push_back(move(BPF_REG_0, BPF_REG_3));
    code.push_back(operate(BPF_AND, BPF_REG_0, bits));
    code.push_back(jump(BPF_JEQ, BPF_REG_0, 0, 2));
    append_exit(code, 0);
  }
  return code;
}

/** Comparisons that skip the verdict when the device is another. */
void append_rule(std::vector<std::uint64_t>& program, const oci::DeviceRule& rule) {
  const std::vector<std::uint64_t> verdict = verdict_of(rule);
  std::size_t conditions = (rule.type != 'a') + (rule.major.has_value()) + (rule.minor.has_value());
  const auto skip_unless = [&](std::uint8_t reg, std::uint32_t value) {
    program.push_back(jump(BPF_JNE, reg, static_cast<std::int32_t>(value), --conditions + verdict.size()));
  };
  if (rule.type != 'a') skip_unless(BPF_REG_2, rule.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
  if (rule.major) skip_unless(BPF_REG_4, *rule.major);
  if (rule.minor) skip_unless(BPF_REG_5, *rule.minor);
  program.insert(program.end(), verdict.begin(), verdict.end());
}

}  // namespace

std::vector<oci::DeviceRule> effective_device_rules(const std::vector<oci::DeviceRule>& rules) {
  std::vector<oci::DeviceRule> all;
  const bool begins_with_all = !rules.empty() && rules.front().type == 'a';
  if (!begins_with_all) all.push_back({.allow = false, .type = 'a', .major = {}, .minor = {}});
  all.insert(all.end(), rules.begin(), rules.end());
  // The runtime-spec's default devices, terminals, and making (not opening) any node: what CAP_MKNOD is for.
  const oci::DeviceRule always[] = {
      allow('c', {}, {}, "m"), allow('b', {}, {}, "m"),    allow('c', 1, 3, "rwm"), allow('c', 1, 5, "rwm"),
      allow('c', 1, 7, "rwm"), allow('c', 1, 8, "rwm"),    allow('c', 1, 9, "rwm"), allow('c', 5, 0, "rwm"),
      allow('c', 5, 2, "rwm"), allow('c', 136, {}, "rwm"),
  };
  const bool allows_all = !rules.empty() && rules.back().allow && rules.back().type == 'a';
  if (!allows_all) all.insert(all.end(), std::begin(always), std::end(always));
  return all;
}

std::string device_rule_line(const oci::DeviceRule& rule) {
  std::string line(1, rule.type);
  line += ' ' + (rule.major ? std::to_string(*rule.major) : "*");
  line += ':' + (rule.minor ? std::to_string(*rule.minor) : "*");
  line += ' ';
  if (rule.read) line += 'r';
  if (rule.write) line += 'w';
  if (rule.mknod) line += 'm';
  return line;
}

std::vector<std::uint64_t> device_program(const std::vector<oci::DeviceRule>& rules) {
  std::vector<std::uint64_t> program;
  append_prologue(program);
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) append_rule(program, *rule);
  append_exit(program, 0);
  return program;
}

}  // namespace bulkhead::cgroup
