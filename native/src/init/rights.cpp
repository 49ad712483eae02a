// The rights of the container's process: limits, identity, capabilities, seccomp.
#include "process.h"
#include "rights_names.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "socket.h"

namespace bulkhead::init {

using plan::Step;

namespace {

constexpr int kLastCapability = 63;

}  // namespace

void set_rlimits(Context& context) {
  for (const auto& limit : each(context, context.plan->process.rlimits)) {
    enter(context, Step::kRlimit, rlimit_name(limit.resource));
    const uint64_t values[2] = {limit.soft, limit.hard};
    const long result = sys::prlimit(limit.resource, values);
    if (result < 0 && !(limit.isOptional != 0 && result == -EPERM)) fail(context, result);
    note(context, result);
  }
}

// A session keyring of its own: else the process would hold the keys of whoever started the engine (keyctl(2)).
void join_new_keyring(Context& context) {
  if ((context.plan->process.flags & plan::kProcessNewKeyring) == 0) return;
  enter(context, Step::kKeyring, "session keyring");
  constexpr int kJoinSessionKeyring = 1;
  const long result = sys::call(__NR_keyctl, kJoinSessionKeyring, nullptr);
  if (result < 0 && result != -ENOSYS) fail(context, result);
}

// First of all rights, while CAP_SETPCAP is still there: no later step nor a file's capabilities can get these back.
void limit_bounding_set(Context& context) {
  if ((context.plan->process.flags & plan::kProcessHasCapabilities) == 0) return;
  enter(context, Step::kCapabilities, "bounding set");
  for (int capability = 0; capability <= kLastCapability; capability++) {
    if ((context.plan->process.capabilities.bounding >> capability & 1) != 0) continue;
    const long result = sys::prctl(PR_CAPBSET_DROP, capability);
    if (result == -EINVAL) break;  // beyond the kernel's last capability
    must(context, result, capability_name(capability));
  }
}

// Groups before gid before uid: each step needs what the next one gives up (CVE-2022-36109: the additional groups are
// always set, never left over from the engine).
void become(Context& context, const Identity& identity) {
  const auto& process = context.plan->process;
  enter(context, Step::kUser);
  // To setresuid(2) and setresgid(2) this number means "as you are".
  if (identity.uid == ~uint32_t{0} || identity.gid == ~uint32_t{0}) fail(context, -EINVAL, "uid");
  if ((process.flags & plan::kProcessHasCapabilities) != 0 && identity.uid != 0)
    must(context, sys::prctl(PR_SET_KEEPCAPS, 1));
  if ((process.flags & plan::kProcessSetGroups) != 0)
    must(context, sys::setgroups(identity.group_count, identity.groups), "groups");
  must(context, sys::setresgid(identity.gid), "gid");
  must(context, sys::setresuid(identity.uid), "uid");
  // The change has set it to fs.suid_dumpable: with 1 there, every process of that user could attach to this one.
  must(context, sys::prctl(PR_SET_DUMPABLE, 0));
}

void set_capabilities(Context& context) {
  const auto& process = context.plan->process;
  if ((process.flags & plan::kProcessHasCapabilities) == 0) return;
  const auto& sets = process.capabilities;
  enter(context, Step::kCapabilities, "permitted, effective, inheritable");
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  for (int half = 0; half < 2; half++) {
    data[half].effective = static_cast<uint32_t>(sets.effective >> (32 * half));
    data[half].permitted = static_cast<uint32_t>(sets.permitted >> (32 * half));
    data[half].inheritable = static_cast<uint32_t>(sets.inheritable >> (32 * half));
  }
  must(context, sys::call(__NR_capset, &header, data));
  must(context, sys::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL), "ambient set");
  for (int capability = 0; capability <= kLastCapability; capability++) {
    if ((sets.ambient >> capability & 1) != 0)
      must(context, sys::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability), capability_name(capability));
  }
}

void load_seccomp(Context& context) {
  const auto& seccomp = context.plan->process.seccomp;
  if (seccomp.program.offset == 0 || context.has_filter) return;
  enter(context, Step::kSeccomp, "filter");
  const sock_fprog program{static_cast<unsigned short>(seccomp.program.length / sizeof(sock_filter)),
                           reinterpret_cast<sock_filter*>(const_cast<char*>(context.text(seccomp.program)))};
  const bool has_listener = seccomp.listenerSocket != plan::kNoSlot;
  const unsigned flags = seccomp.flags | (has_listener ? unsigned{SECCOMP_FILTER_FLAG_NEW_LISTENER} : 0);
  const int listener = must(context, sys::call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
  context.has_filter = true;
  if (!has_listener) return;
  must(context, send_with_fd(context.sync, "n", 1, listener), "listener");
  sys::close(listener);
}

}  // namespace bulkhead::init
