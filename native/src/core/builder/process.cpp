// `process` of the config, and who supervises it.
#include <linux/seccomp.h>

#include <algorithm>

#include "core/builder/build_context.h"
#include "core/linux/names.h"
#include "core/seccomp/verdict.h"

namespace bulkhead::builder {
namespace {

/** Where the config names none: as login(1), crun and runc have it. Never bulkhead-init's own, which is 0. */
constexpr std::uint32_t kUmask = 022;

Result<void> check_ids(const BuildContext& context, const oci::User& user) {
  const oci::Linux& linux_ = context.config.linux_;
  if (!host_id(linux_.uid_mappings, user.uid)) return config_error("process.user.uid: not mapped in linux.uidMappings");
  if (!host_id(linux_.gid_mappings, user.gid)) return config_error("process.user.gid: not mapped in linux.gidMappings");
  for (const std::uint32_t gid : user.additional_gids)
    if (!host_id(linux_.gid_mappings, gid))
      return config_error("process.user.additionalGids: not mapped in linux.gidMappings");
  return {};
}

plan::Capabilities capabilities(const oci::Capabilities& wanted, std::uint64_t available) {
  // The spec: what can't be granted is not granted, and that is no failure. It only ever takes rights away.
  return {wanted.bounding & available, wanted.effective & available, wanted.permitted & available,
          wanted.inheritable & available, wanted.ambient & available};
}

std::uint32_t flags_of(const oci::Process& process, const ProcessSettings& settings, bool has_personality) {
  std::uint32_t flags = plan::kProcessHasCapabilities | plan::kProcessSetHome | plan::kProcessHasUmask;
  if (settings.may_set_groups) flags |= plan::kProcessSetGroups;
  if (process.no_new_privileges) flags |= plan::kProcessNoNewPrivileges;
  if (process.oom_score_adj) flags |= plan::kProcessHasOomScore;
  if (has_personality) flags |= plan::kProcessHasPersonality;
  if (settings.new_keyring) flags |= plan::kProcessNewKeyring;
  if (seccomp::allows_last_steps(settings.seccomp_program)) flags |= plan::kProcessFilterBeforeClone;
  return flags;
}

bool is_optional(const ProcessSettings& settings, int resource) {
  if (!settings.required_rlimits) return false;
  const auto& required = *settings.required_rlimits;
  return std::none_of(required.begin(), required.end(),
                      [resource](const std::string& name) { return rlimit_number(name) == resource; });
}

plan::Array<plan::Rlimit> write_rlimits(BuildContext& context, const std::vector<oci::Rlimit>& limits,
                                        const ProcessSettings& settings) {
  std::vector<plan::Rlimit> written;
  for (const oci::Rlimit& limit : limits)
    written.push_back(
        {static_cast<std::uint32_t>(limit.resource), is_optional(settings, limit.resource), limit.soft, limit.hard});
  return context.writer.array(written);
}

/** What needs the scheduler's and the memory manager's word, not a right. */
void write_scheduling(BuildContext& context, const oci::Process& process) {
  plan::Process& target = context.plan.process;
  if (process.scheduler) {
    const oci::Scheduler& wanted = *process.scheduler;
    target.scheduler = {sizeof(plan::Scheduler), wanted.policy,   wanted.flags,  wanted.nice, wanted.priority,
                        wanted.runtime,          wanted.deadline, wanted.period, 0,           0};
  }
  target.ioPriority = process.io_priority.value_or(0);
  target.personality = context.config.linux_.personality.value_or(0);
  if (context.plan.kind != plan::Kind::kExec) return;
  target.initialCpus = context.optional_text(process.initial_cpus);
  target.finalCpus = context.optional_text(process.final_cpus);
}

Result<void> write_seccomp(BuildContext& context, const ProcessSettings& settings) {
  plan::Seccomp& target = context.plan.process.seccomp;
  target.listenerSocket = plan::kNoSlot;
  target.program = context.optional_text(settings.seccomp_program);
  const auto& profile = context.config.linux_.seccomp;
  if (!profile) return {};
  target.flags = profile->flags;
  if (!profile->notifies()) return {};
  if (settings.seccomp_listener < 0) return config_error("linux.seccomp: SCMP_ACT_NOTIFY, and there is no listener");
  // With a listener the kernel takes it only together with another flag, and there is one thread.
  target.flags &= ~std::uint32_t{SECCOMP_FILTER_FLAG_TSYNC};
  target.listenerSocket = context.slot({settings.seccomp_listener, {}});
  target.listenerMessage = context.text(settings.seccomp_message);
  return {};
}

void write_labels(BuildContext& context, const oci::Process& process) {
  if (!process.apparmor_profile.empty())
    context.plan.process.appArmor = context.text("exec " + process.apparmor_profile);
  context.plan.process.seLinux = context.optional_text(process.selinux_label);
}

void write_strings(BuildContext& context, const oci::Process& process) {
  plan::Process& target = context.plan.process;
  target.arguments = context.texts(process.args);
  target.environment = context.texts(process.env);
  target.workingDirectory = context.text(process.cwd);
}

}  // namespace

Result<void> build_process(BuildContext& context, const ProcessSettings& settings) {
  if (!context.config.process) return config_error("process: missing");
  const oci::Process& process = *context.config.process;
  BULKHEAD_TRY(check_ids(context, process.user));
  if (!settings.may_set_groups && !process.user.additional_gids.empty())
    return config_error("process.user.additionalGids: this user namespace lets nobody change his groups");
  write_strings(context, process);
  plan::Process& target = context.plan.process;
  if (settings.user) target.user = context.text(*settings.user);
  target.uid = process.user.uid;
  target.gid = process.user.gid;
  target.groups = context.writer.array(process.user.additional_gids);
  target.flags = flags_of(process, settings, context.config.linux_.personality.has_value());
  target.umask = process.user.umask.value_or(kUmask);
  target.oomScore = process.oom_score_adj.value_or(0);
  target.capabilities = capabilities(
      process.capabilities, context.has_user_namespace() ? ~std::uint64_t{0} : settings.available_capabilities);
  target.rlimits = write_rlimits(context, process.rlimits, settings);
  write_scheduling(context, process);
  write_labels(context, process);
  return write_seccomp(context, settings);
}

void build_supervision(BuildContext& context, const Supervision& supervision) {
  for (const int fd : supervision.preserved) context.slot({fd, {}});
  plan::Plan& plan = context.plan;
  plan.process.preservedFds = static_cast<std::uint32_t>(supervision.preserved.size());
  const bool has_terminal = context.config.process && context.config.process->terminal;
  plan.stdio = has_terminal ? plan::StdioMode::kTerminal : supervision.stdio;
  plan.terminal.consoleSocket = context.optional_slot(has_terminal ? supervision.console_socket : -1);
  if (has_terminal && context.config.process->console_size) {
    plan.terminal.rows = context.config.process->console_size->rows;
    plan.terminal.columns = context.config.process->console_size->columns;
  }
  plan.monitor.mode = supervision.mode;
  if (supervision.open_stdin) plan.monitor.flags |= plan::kMonitorOpenStdin;
  if (supervision.wait_for_attach) plan.monitor.flags |= plan::kMonitorWaitForAttach;
  plan.monitor.runDirectory = context.optional_slot(supervision.run_directory);
  plan.monitor.log = context.optional_slot(supervision.log);
  plan.monitor.startFifo = context.optional_slot(supervision.start_fifo);
  if (supervision.mode == plan::MonitorMode::kStay) {
    plan.monitor.flags |= plan::kMonitorProtectFromOom;
    plan.monitor.socketName = context.text(supervision.socket_name);
    plan.monitor.exitName = context.text(supervision.exit_name);
  }
}

}  // namespace bulkhead::builder
