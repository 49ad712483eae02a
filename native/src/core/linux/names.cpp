#include "core/linux/names.h"

#include <sys/resource.h>

#include <array>
#include <charconv>
#include <csignal>
#include <string>

namespace bulkhead {
namespace {

struct Named {
  std::string_view name;
  int number;
};

constexpr std::array kSignals = {
    Named{"HUP", SIGHUP},       Named{"INT", SIGINT},   Named{"QUIT", SIGQUIT},   Named{"ILL", SIGILL},
    Named{"TRAP", SIGTRAP},     Named{"ABRT", SIGABRT}, Named{"IOT", SIGABRT},    Named{"BUS", SIGBUS},
    Named{"FPE", SIGFPE},       Named{"KILL", SIGKILL}, Named{"USR1", SIGUSR1},   Named{"SEGV", SIGSEGV},
    Named{"USR2", SIGUSR2},     Named{"PIPE", SIGPIPE}, Named{"ALRM", SIGALRM},   Named{"TERM", SIGTERM},
    Named{"STKFLT", SIGSTKFLT}, Named{"CHLD", SIGCHLD}, Named{"CLD", SIGCHLD},    Named{"CONT", SIGCONT},
    Named{"STOP", SIGSTOP},     Named{"TSTP", SIGTSTP}, Named{"TTIN", SIGTTIN},   Named{"TTOU", SIGTTOU},
    Named{"URG", SIGURG},       Named{"XCPU", SIGXCPU}, Named{"XFSZ", SIGXFSZ},   Named{"VTALRM", SIGVTALRM},
    Named{"PROF", SIGPROF},     Named{"IO", SIGIO},     Named{"WINCH", SIGWINCH}, Named{"POLL", SIGPOLL},
    Named{"PWR", SIGPWR},       Named{"SYS", SIGSYS},
};

// In the kernel's order: the index is the number (capability.h up to Linux 5.9's CAP_CHECKPOINT_RESTORE).
constexpr std::array<std::string_view, 41> kCapabilities = {
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
};

constexpr std::array kRlimits = {
    Named{"RLIMIT_AS", RLIMIT_AS},
    Named{"RLIMIT_CORE", RLIMIT_CORE},
    Named{"RLIMIT_CPU", RLIMIT_CPU},
    Named{"RLIMIT_DATA", RLIMIT_DATA},
    Named{"RLIMIT_FSIZE", RLIMIT_FSIZE},
    Named{"RLIMIT_LOCKS", RLIMIT_LOCKS},
    Named{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    Named{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    Named{"RLIMIT_NICE", RLIMIT_NICE},
    Named{"RLIMIT_NOFILE", RLIMIT_NOFILE},
    Named{"RLIMIT_NPROC", RLIMIT_NPROC},
    Named{"RLIMIT_RSS", RLIMIT_RSS},
    Named{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    Named{"RLIMIT_RTTIME", RLIMIT_RTTIME},
    Named{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    Named{"RLIMIT_STACK", RLIMIT_STACK},
};

template <std::size_t N>
std::optional<int> lookup(const std::array<Named, N>& table, std::string_view name) {
  for (const Named& entry : table)
    if (entry.name == name) return entry.number;
  return std::nullopt;
}

/** A decimal number within `low`…`high`, nothing before or after it. */
std::optional<int> decimal(std::string_view text, int low, int high) {
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size() || number < low || number > high) return std::nullopt;
  return number;
}

/** RTMIN, RTMIN+n, RTMAX-n as users count them: from glibc's SIGRTMIN (34), which leaves two to the thread library. */
std::optional<int> realtime_signal(std::string_view name) {
  constexpr int kFirst = 34;
  constexpr int kLast = 64;
  if (name == "RTMIN") return kFirst;
  if (name == "RTMAX") return kLast;
  const auto offset = name.size() > 6 ? decimal(name.substr(6), 0, kLast - kFirst) : std::nullopt;
  if (!offset) return std::nullopt;
  if (name.starts_with("RTMIN+")) return kFirst + *offset;
  if (name.starts_with("RTMAX-")) return kLast - *offset;
  return std::nullopt;
}

}  // namespace

std::optional<int> signal_number(std::string_view name) {
  if (const auto number = decimal(name, 1, 64)) return number;
  std::string upper(name);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  std::string_view bare = upper;
  if (bare.starts_with("SIG")) bare.remove_prefix(3);
  if (const auto number = lookup(kSignals, bare)) return number;
  return realtime_signal(bare);
}

std::optional<int> capability_number(std::string_view name) {
  for (std::size_t i = 0; i < kCapabilities.size(); ++i)
    if (kCapabilities[i] == name) return static_cast<int>(i);
  return std::nullopt;
}

std::string_view capability_name(int number) {
  if (number < 0 || number > last_named_capability()) return {};
  return kCapabilities[static_cast<std::size_t>(number)];
}

int last_named_capability() { return static_cast<int>(kCapabilities.size()) - 1; }

std::optional<int> rlimit_number(std::string_view name) { return lookup(kRlimits, name); }

}  // namespace bulkhead
