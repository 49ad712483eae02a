#include "core/cgroup/device_attach.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/descriptor/unique_fd.h"
#include "core/plan/plan.h"

namespace bulkhead::cgroup {
namespace {

/** As many as the kernel lets be attached to one group (BPF_CGROUP_MAX_PROGS). */
constexpr std::size_t kMaxPrograms = 64;
using Attribute = bpf_attr;

long bpf(int command, Attribute& attribute) { return syscall(SYS_bpf, command, &attribute, sizeof attribute); }

template <class Pointer>
std::uint64_t address(Pointer* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}

UniqueFd load(std::string_view program) {
  Attribute attribute{};
  attribute.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attribute.insns = address(program.data());
  attribute.insn_cnt = static_cast<std::uint32_t>(program.size() / sizeof(bpf_insn));
  attribute.license = address(plan::kDeviceProgramLicense);
  std::memcpy(attribute.prog_name, plan::kDeviceProgramName, sizeof plan::kDeviceProgramName);
  return UniqueFd(static_cast<int>(bpf(BPF_PROG_LOAD, attribute)));
}

long change(int command, int group, int program) {
  Attribute attribute{};
  attribute.target_fd = static_cast<std::uint32_t>(group);
  attribute.attach_bpf_fd = static_cast<std::uint32_t>(program);
  attribute.attach_type = BPF_CGROUP_DEVICE;
  attribute.attach_flags = command == BPF_PROG_ATTACH ? BPF_F_ALLOW_MULTI : 0;
  return bpf(command, attribute);
}

bool is_ours(int program) {
  bpf_prog_info information{};
  Attribute attribute{};
  attribute.info.bpf_fd = static_cast<std::uint32_t>(program);
  attribute.info.info_len = sizeof information;
  attribute.info.info = address(&information);
  return bpf(BPF_OBJ_GET_INFO_BY_FD, attribute) == 0 && std::strcmp(information.name, plan::kDeviceProgramName) == 0;
}

/** Those attached to the group itself. */
Result<std::vector<UniqueFd>> our_programs(int group) {
  std::array<std::uint32_t, kMaxPrograms> ids{};
  Attribute query{};
  query.query.target_fd = static_cast<std::uint32_t>(group);
  query.query.attach_type = BPF_CGROUP_DEVICE;
  query.query.prog_ids = address(ids.data());
  query.query.prog_cnt = kMaxPrograms;
  if (bpf(BPF_PROG_QUERY, query) != 0) return make_error("cgroup-limit", errno, "BPF_PROG_QUERY");
  std::vector<UniqueFd> programs;
  for (std::size_t i = 0; i < query.query.prog_cnt; ++i) {
    Attribute open{};
    open.prog_id = ids[i];
    UniqueFd program(static_cast<int>(bpf(BPF_PROG_GET_FD_BY_ID, open)));
    if (program && is_ours(program.get())) programs.push_back(std::move(program));
  }
  return programs;
}

}  // namespace

Result<void> replace_device_program(const std::string& directory, const std::vector<std::uint64_t>& program) {
  const UniqueFd group(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!group) return make_error("cgroup-limit", errno, directory);
  const std::vector<UniqueFd> before = BULKHEAD_TRY(our_programs(group.get()));
  // With another's alone, or one that can't be told from others', a new one could only forbid.
  if (before.empty()) return make_error("cgroup-limit", ENOENT, "device program of " + directory);
  const UniqueFd loaded = load({reinterpret_cast<const char*>(program.data()), program.size() * sizeof program[0]});
  if (!loaded) return make_error("cgroup-limit", errno, "BPF_PROG_LOAD");
  if (change(BPF_PROG_ATTACH, group.get(), loaded.get()) != 0)
    return make_error("cgroup-limit", errno, "BPF_PROG_ATTACH to " + directory);
  for (const UniqueFd& old : before) {
    if (change(BPF_PROG_DETACH, group.get(), old.get()) == 0) continue;
    const int number = errno;
    change(BPF_PROG_DETACH, group.get(), loaded.get());
    return make_error("cgroup-limit", number, "BPF_PROG_DETACH from " + directory);
  }
  return {};
}

}  // namespace bulkhead::cgroup
