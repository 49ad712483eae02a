// The OCI runtime-spec's config.json (1.2, Linux) as typed, checked data: what decode_config() makes, and all that the rest
// of the core reads. Owns no behaviour.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/oci/mount_options.h"

namespace bulkhead::oci {

struct IdMapping {
  std::uint32_t container_id = 0;
  std::uint32_t host_id = 0;
  std::uint32_t size = 0;
};

// ── process ──────────────────────────────────────────────────────────────────────────────────────────────────────

struct ConsoleSize {
  std::uint16_t rows = 0;
  std::uint16_t columns = 0;
};

struct User {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::optional<std::uint32_t> umask;
  std::vector<std::uint32_t> additional_gids;
};

/** Bit n is capability n. */
struct Capabilities {
  std::uint64_t bounding = 0;
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
  std::uint64_t ambient = 0;
};

struct Rlimit {
  int resource = 0;
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

/** As sched_setattr(2) takes it. */
struct Scheduler {
  std::uint32_t policy = 0;
  /** SCHED_FLAG_…. */
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  /** Nanoseconds, of SCHED_DEADLINE. */
  std::uint64_t runtime = 0;
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

struct Process {
  bool terminal = false;
  std::optional<ConsoleSize> console_size;
  User user;
  /** At least one. */
  std::vector<std::string> args;
  std::vector<std::string> env;
  /** Absolute. */
  std::string cwd;
  /** None given: no capability at all. */
  Capabilities capabilities;
  std::vector<Rlimit> rlimits;
  bool no_new_privileges = false;
  std::optional<int> oom_score_adj;
  /** Empty: none. */
  std::string apparmor_profile;
  std::string selinux_label;
  std::optional<Scheduler> scheduler;
  /** Class and level as ioprio_set(2) takes them. */
  std::optional<std::uint16_t> io_priority;
  /** Of a process that enters the container, before and after it is in the container's groups. Bit n of the bytes is processor n; empty: none given. */
  std::string initial_cpus;
  std::string final_cpus;
};

// ── root and mounts ──────────────────────────────────────────────────────────────────────────────────────────────

struct Root {
  /** As given: absolute, or relative to the bundle. */
  std::string path;
  bool read_only = false;
};

struct Mount {
  /** Absolute, in the container. */
  std::string destination;
  std::string type;
  std::string source;
  MountOptions options;
  std::vector<IdMapping> uid_mappings;
  std::vector<IdMapping> gid_mappings;
};

// ── linux ────────────────────────────────────────────────────────────────────────────────────────────────────────

struct Namespace {
  /** One of CLONE_NEWPID, CLONE_NEWNET, … */
  std::uint64_t flag = 0;
  /** Absolute; empty: a new one. */
  std::string path;
};

struct TimeOffsets {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
};

struct Device {
  std::string path;
  /** 'c' (also for the spec's 'u'), 'b' or 'p'. */
  char type = 'c';
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t mode = 0666;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

struct DeviceRule {
  bool allow = false;
  /** 'a', 'b' or 'c'. */
  char type = 'a';
  /** None: all. */
  std::optional<std::uint32_t> major;
  std::optional<std::uint32_t> minor;
  bool read = true;
  bool write = true;
  bool mknod = true;
};

struct MemoryResources {
  /** Bytes; -1: no limit. */
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> reservation;
  /** Memory and swap together, in bytes, as cgroup v1 counts; -1: no limit. */
  std::optional<std::int64_t> swap;
  std::optional<std::uint64_t> swappiness;
  bool disable_oom_killer = false;
  bool check_before_update = false;
};

struct CpuResources {
  std::optional<std::uint64_t> shares;
  /** µs of each period; negative or 0: no limit. */
  std::optional<std::int64_t> quota;
  std::optional<std::uint64_t> burst;
  std::optional<std::uint64_t> period;
  std::optional<std::int64_t> realtime_runtime;
  std::optional<std::uint64_t> realtime_period;
  std::optional<std::int64_t> idle;
  /** Empty: in an update, as the parent group has them. */
  std::optional<std::string> cpus;
  std::optional<std::string> mems;
};

struct DeviceWeight {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::optional<std::uint16_t> weight;
  std::optional<std::uint16_t> leaf_weight;
};

struct DeviceRate {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint64_t rate = 0;
};

struct BlockIoResources {
  std::optional<std::uint16_t> weight;
  std::optional<std::uint16_t> leaf_weight;
  std::vector<DeviceWeight> weight_devices;
  std::vector<DeviceRate> read_bps;
  std::vector<DeviceRate> write_bps;
  std::vector<DeviceRate> read_iops;
  std::vector<DeviceRate> write_iops;
};

struct HugepageLimit {
  /** As the kernel writes it: "2MB", "1GB". */
  std::string page_size;
  std::uint64_t limit = 0;
};

struct InterfacePriority {
  std::string name;
  std::uint32_t priority = 0;
};

struct NetworkResources {
  std::optional<std::uint32_t> class_id;
  std::vector<InterfacePriority> priorities;
};

struct RdmaLimit {
  std::string device;
  std::optional<std::uint32_t> hca_handles;
  std::optional<std::uint32_t> hca_objects;
};

struct Resources {
  MemoryResources memory;
  CpuResources cpu;
  BlockIoResources block_io;
  NetworkResources network;
  /** 0 or negative: no limit. */
  std::optional<std::int64_t> pids_limit;
  std::vector<HugepageLimit> hugepage_limits;
  std::vector<RdmaLimit> rdma;
  std::vector<DeviceRule> devices;
  /** Names and values of cgroup v2 files. */
  std::vector<std::pair<std::string, std::string>> unified;
};

struct SeccompArgument {
  std::uint32_t index = 0;
  std::uint64_t value = 0;
  std::uint64_t value_two = 0;
  /** libseccomp's enum scmp_compare. */
  std::uint32_t comparison = 0;
};

struct SeccompRule {
  std::vector<std::string> names;
  /** libseccomp's SCMP_ACT_…, errno included. */
  std::uint32_t action = 0;
  std::vector<SeccompArgument> arguments;
};

struct Seccomp {
  std::uint32_t default_action = 0;
  /** libseccomp's SCMP_ARCH_…; none: the native one. */
  std::vector<std::uint32_t> architectures;
  /** SECCOMP_FILTER_FLAG_… for seccomp(2). */
  std::uint32_t flags = 0;
  std::vector<SeccompRule> rules;
  /** In place of `rules`, when the config was decoded without them: the JSON list, still to be decoded (decode_rules). */
  std::string_view rule_text;
  /** Holds `rule_text`: the whole config, which is not copied. */
  std::shared_ptr<const std::string> config_text;
  /** Where the descriptor of a filter that notifies is sent, and what goes with it. */
  std::string listener_path;
  std::string listener_metadata;

  /** Whether SCMP_ACT_NOTIFY occurs. */
  bool notifies() const;
};

struct Linux {
  std::vector<Namespace> namespaces;
  std::vector<IdMapping> uid_mappings;
  std::vector<IdMapping> gid_mappings;
  std::optional<TimeOffsets> monotonic_offset;
  std::optional<TimeOffsets> boottime_offset;
  std::vector<Device> devices;
  std::string cgroups_path;
  Resources resources;
  std::vector<std::pair<std::string, std::string>> sysctl;
  std::optional<Seccomp> seccomp;
  std::vector<std::string> masked_paths;
  std::vector<std::string> readonly_paths;
  /** MS_PRIVATE, MS_SHARED, MS_SLAVE or MS_UNBINDABLE, with MS_REC for the r-forms; 0: not given. */
  unsigned long rootfs_propagation = 0;
  /** SELinux's, for the file systems that are made for the container; empty: none. */
  std::string mount_label;
  /** PER_LINUX or PER_LINUX32 (personality(2)). */
  std::optional<std::uint32_t> personality;

  /** The namespace of the kind `flag` (CLONE_NEW…); null: shared with the host. */
  const Namespace* find_namespace(std::uint64_t flag) const {
    for (const Namespace& entry : namespaces)
      if (entry.flag == flag) return &entry;
    return nullptr;
  }
};

// ── hooks ────────────────────────────────────────────────────────────────────────────────────────────────────────

struct Hook {
  /** Absolute. */
  std::string path;
  std::vector<std::string> args;
  std::vector<std::string> env;
  /** Seconds. */
  std::optional<std::uint32_t> timeout;
};

struct Hooks {
  std::vector<Hook> prestart;
  std::vector<Hook> create_runtime;
  std::vector<Hook> create_container;
  std::vector<Hook> start_container;
  std::vector<Hook> poststart;
  std::vector<Hook> poststop;
};

struct Config {
  std::string oci_version;
  std::optional<Process> process;
  Root root;
  std::vector<Mount> mounts;
  std::string hostname;
  std::string domainname;
  std::map<std::string, std::string> annotations;
  Hooks hooks;
  Linux linux_;
};

}  // namespace bulkhead::oci
