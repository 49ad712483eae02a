#include "core/seccomp/compile.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "core/descriptor/unique_fd.h"

namespace bulkhead::seccomp {
namespace {

struct Release {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

Error failure(int negative_errno, std::string_view object) { return make_error("seccomp", -negative_errno, object); }

/** The architectures as listed; the native one is always in, or the container's first system call would end it. */
Result<void> add_architectures(scmp_filter_ctx context, const oci::Seccomp& profile) {
  for (const std::uint32_t architecture : profile.architectures) {
    const int status = seccomp_arch_add(context, architecture);
    if (status != 0 && status != -EEXIST) return failure(status, "linux.seccomp.architectures");
  }
  return {};
}

std::vector<scmp_arg_cmp> comparisons(const oci::SeccompRule& rule) {
  std::vector<scmp_arg_cmp> result;
  for (const oci::SeccompArgument& argument : rule.arguments)
    result.push_back(
        {argument.index, static_cast<scmp_compare>(argument.comparison), argument.value, argument.value_two});
  return result;
}

bool repeats_an_argument(const oci::SeccompRule& rule) {
  unsigned seen = 0;
  for (const oci::SeccompArgument& argument : rule.arguments) {
    if ((seen & (1u << argument.index)) != 0) return true;
    seen |= 1u << argument.index;
  }
  return false;
}

int add_rule(scmp_filter_ctx context, const oci::SeccompRule& rule, int number) {
  const std::vector<scmp_arg_cmp> all = comparisons(rule);
  if (!repeats_an_argument(rule))
    return seccomp_rule_add_array(context, rule.action, number, static_cast<unsigned>(all.size()), all.data());
  // Several comparisons of one argument mean "any of them", as the field's runtimes read it: one rule each.
  for (const scmp_arg_cmp& one : all)
    if (const int status = seccomp_rule_add_array(context, rule.action, number, 1, &one); status != 0) return status;
  return 0;
}

bool lets_pass(std::uint32_t action) { return action == SCMP_ACT_ALLOW || action == SCMP_ACT_LOG; }

Result<void> add_named(scmp_filter_ctx context, const oci::Seccomp& profile, const oci::SeccompRule& rule,
                       const std::string& name) {
  const int number = seccomp_syscall_resolve_name(name.c_str());
  if (number == __NR_SCMP_ERROR) {
    // Profiles name system calls of all kernels. One that libseccomp doesn't know stays under the default action: fine when
    // that denies; when it allows, what should be denied would not be.
    if (!lets_pass(profile.default_action) || lets_pass(rule.action)) return {};
    return make_error("seccomp", EINVAL,
                      "linux.seccomp.syscalls: unknown system call \"" + name + "\" can't be denied");
  }
  const int status = add_rule(context, rule, number);
  // -EDOM, -EEXIST: not on one of the architectures, or said twice.
  if (status == 0 || status == -EEXIST || status == -EDOM) return {};
  return failure(status, "linux.seccomp.syscalls: " + name);
}

Result<void> add_rules(scmp_filter_ctx context, const oci::Seccomp& profile) {
  for (const oci::SeccompRule& rule : profile.rules) {
    // libseccomp refuses rules that say what the default says anyway.
    if (rule.action == profile.default_action) continue;
    for (const std::string& name : rule.names) BULKHEAD_TRY(add_named(context, profile, rule, name));
  }
  return {};
}

/** Through a memfd: seccomp_export_bpf_mem came only with libseccomp 2.6. */
Result<std::string> exported(scmp_filter_ctx context) {
  const UniqueFd file(memfd_create("seccomp", MFD_CLOEXEC));
  if (!file) return make_error("seccomp", errno, "memfd_create");
  if (const int status = seccomp_export_bpf(context, file.get()); status != 0)
    return failure(status, "linux.seccomp: export");
  const off_t size = lseek(file.get(), 0, SEEK_END);
  std::string program(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
  const ssize_t got = pread(file.get(), program.data(), program.size(), 0);
  if (got != static_cast<ssize_t>(program.size()) || program.empty() || program.size() % 8 != 0)
    return make_error("seccomp", EIO, "linux.seccomp: export");
  // BPF_MAXINSNS of the kernel.
  if (program.size() / 8 > 4096) return make_error("seccomp", E2BIG, "linux.seccomp: more than 4096 instructions");
  return program;
}

}  // namespace

Result<std::string> compile(const oci::Seccomp& profile) {
  const Context context(seccomp_init(profile.default_action));
  if (!context) return make_error("seccomp", EINVAL, "linux.seccomp.defaultAction");
  // 2: a binary tree. It is larger, and the kernel loads it in a third of the time (it tries every number at load).
  if (const int status = seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2); status != 0)
    return failure(status, "linux.seccomp: optimize");
  BULKHEAD_TRY(add_architectures(context.get(), profile));
  BULKHEAD_TRY(add_rules(context.get(), profile));
  return exported(context.get());
}

}  // namespace bulkhead::seccomp
