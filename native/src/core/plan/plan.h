// The launch plan: everything that bulkhead-init has to do, precomputed, as one flat block of memory without pointers.
// This file owns its layout and nothing else; plan_writer.h builds plans, plan_check.h proves that one is well-formed.
//
// A plan is a `Plan` header followed by arrays and strings that are found by offset from its first byte. It is written by
// the core, sealed in a memfd and mapped read-only by bulkhead-init, which is built without a C library: only freestanding
// headers here. Both are built from the same sources: `version` guards against a stale binary, it is not a wire format.
#pragma once

#include <stdint.h>

namespace bulkhead::plan {

constexpr uint32_t kMagic = 0x4e4c5042;  // "BPLN"
constexpr uint32_t kVersion = 1;
constexpr uint32_t kMaxPlanBytes = 16u << 20;
constexpr uint32_t kMaxInheritedFds = 192;

// Descriptors as bulkhead-init finds them. A "slot" below is an index into LaunchRequest::fds: its number is
// kFirstSlotFd + slot.
constexpr int kPlanFd = 3;
constexpr int kLedgerFd = 4;
constexpr int kStatusFd = 5;
constexpr int kFirstSlotFd = 6;

using Slot = int32_t;
constexpr Slot kNoSlot = -1;

// NUL-terminated; `length` without the NUL. offset 0: absent (which is not the same as empty).
struct Text {
  uint32_t offset = 0;
  uint32_t length = 0;
};

// `count` elements of T, aligned to 8 bytes.
template <class T>
struct Array {
  uint32_t offset = 0;
  uint32_t count = 0;
};

// What a step of the work is called: in errors, in the ledger and in traces. Names in steps.h.
enum class Step : uint32_t {
  kNone,
  kPlan,          // reading the plan itself
  kCgroupCreate,  // mkdir of a group
  kCgroupLimit,   // write of a limit, or load of a device program
  kCgroupJoin,
  kClone,          // clone3 with the namespaces
  kNamespaceJoin,  // setns
  kIdMap,          // uid_map, gid_map, setgroups
  kRootMount,      // overlay or bind of the root
  kMountPrepare,   // a mount made by the monitor: /dev, a bind's source
  kMount,          // made or attached in the container
  kDevice,
  kSymlink,
  kMaskPath,
  kReadonlyPath,
  kPivotRoot,
  kHostname,
  kLoopback,
  kSysctl,
  kTerminal,
  kStdio,
  kRlimit,
  kOomScore,
  kKeyring,
  kUser,  // look-up and setgroups, setresgid, setresuid
  kCapabilities,
  kNoNewPrivileges,
  kSeccomp,
  kScheduling,  // policy, priorities, processors
  kPersonality,
  kSecurityLabel,  // AppArmor's or SELinux's
  kWorkingDirectory,
  kLookup,     // argv[0] in PATH
  kWaitStart,  // create is done, start has not come
  kSelfCheck,  // descriptors and cwd before execve
  kExecute,    // execve
  kOpen,       // opening a path as a caller
  kMonitor,    // socket, log, exit file
  kLaunch,     // the launcher's own: memfd, vfork, execveat, status
  kSync,       // the handshakes between the two halves and with the launcher
  kCount,
};

enum class Kind : uint32_t { kCreate, kExec, kOpen };

// kStay: the monitor lives as long as the process, serves its socket, writes log and exit file; if it is killed, the process
// is killed too (PR_SET_PDEATHSIG). With a start FIFO it says kCreated first, and kStarted when it comes to that.
// kLeave: the parent half ends once the process is started (or created, with a start FIFO); the process is a child of
// the launching process (CLONE_PARENT), and so of the launcher's subreaper later.
enum class MonitorMode : uint32_t { kStay, kLeave };

enum class StdioMode : uint32_t { kInherit, kPipes, kTerminal };

// ── cgroups: carried out in the order given, undone in reverse ───────────────────────────────────────────────────────
enum class CgroupOp : uint32_t {
  kMake,           // mkdir path (missing parents too); with kOwned it is removed at the end
  kWrite,          // value → path
  kInherit,        // if the file `path` is empty: copies the content of the same file of the parent group (v1 cpuset)
  kDeviceProgram,  // value: eBPF instructions, loaded as BPF_PROG_TYPE_CGROUP_DEVICE and attached to the directory `path`
  kJoinV1,         // path of the group's `tasks`: opened before the clone, the child itself writes "0"
  kJoinV2,         // directory of the group: CLONE_INTO_CGROUP; value (kExec): the hierarchy's mount point
};
enum CgroupFlag : uint32_t {
  kCgroupOwned = 1,     // kMake: rmdir when the container has ended, and when the launch fails
  kCgroupOptional = 2,  // an error of this step is recorded in the ledger and passed over
  kCgroupIfThere = 4,   // ENOENT is
};
// kDeviceProgram's: by the name an update finds it among others' (systemd's).
constexpr char kDeviceProgramName[] = "bulkhead_device";
constexpr char kDeviceProgramLicense[] = "Apache-2.0";
struct CgroupStep {
  CgroupOp op;
  uint32_t flags;
  Text path;   // absolute
  Text value;  // bytes
};

// What the monitor needs at the end. Absent texts: not to be had here.
struct CgroupEnd {
  Text oomFile;    // v1: …/memory.oom_control, v2: …/memory.events; the line `oom_kill N` counts
  Text killFile;   // …/cgroup.kill
  Text procsFile;  // fallback: SIGKILL to all in this cgroup.procs until it is empty
  Text thawFile;   // v1 …/freezer.state (`THAWED` is written), v2 …/cgroup.freeze (`0`)
  uint32_t isThawV1;
  uint32_t reserved;
};

// ── namespaces ───────────────────────────────────────────────────────────────────────────────────────────────────────
struct NamespaceJoin {
  uint32_t cloneFlag;   // CLONE_NEWNET, …
  Slot slot = kNoSlot;  // open /proc/…/ns/… or bind of one; its type is checked by setns
};

struct IdMapping {
  uint32_t inside;
  uint32_t outside;
  uint32_t count;
};

struct TimeOffset {
  uint32_t isBoottime;  // else monotonic
  uint32_t nanoseconds;
  int64_t seconds;
};

// ── the root and the mounts ──────────────────────────────────────────────────────────────────────────────────────────
enum class RootKind : uint32_t { kOverlay, kDirectory };
struct Root {
  RootKind kind;
  uint32_t isIdMapped;  // layers and upper are idmapped with the container's user namespace
  Array<Text> layers;   // kOverlay: lowest first, absolute
  Text upperDirectory;  // absent: a read-only overlay
  Text workDirectory;
  Text directory;  // kDirectory: absolute; or `directorySlot`
  Slot directorySlot = kNoSlot;
  uint32_t isVolatile;   // overlay's `volatile`
  uint64_t attributes;   // MOUNT_ATTR_* of the root mount (RDONLY is applied last)
  uint64_t propagation;  // MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE, for the container's root in the end
};

struct FsOption {
  Text key;
  Text value;  // absent: a flag
};

enum class MountKind : uint32_t {
  kBind,        // open_tree of sourceSlot or source
  kFilesystem,  // fsopen(type) by the child, in its own namespaces
  kDevTmpfs,    // the /dev tmpfs: made and filled with `Plan::devEntries` by the monitor
};
enum MountFlag : uint32_t {
  kMountRecursive = 1,      // rbind; attributes stay those of the top mount
  kMountRecursiveAttr = 2,  // attributes for the whole tree (rro, …)
  kMountNoSymlinks = 4,     // no component of the destination may be a symbolic link (proc, sysfs, /dev and below)
  kMountOptional = 8,       // an error is recorded and passed over
  kMountFileTarget =
      16,             // a missing destination is created as a file (else: like the source; a directory for kFilesystem)
  kMountCopyUp = 32,  // tmpfs: what the destination holds is copied into it
  kMountSourceNoFollow = 64,
  kMountReadonlyLast = 128,  // once all that lies below it is mounted
};
struct Mount {
  MountKind kind;
  uint32_t flags;
  Text destination;           // in the container, absolute
  Text source;                // kBind: on the host; kFilesystem: the `source` fs option (absent: none)
  Slot sourceSlot = kNoSlot;  // kBind: instead of source
  uint32_t hasIdMap;          // kBind: `idMap` holds the mappings of an idmapped mount (made by the monitor)
  Text type;                  // kFilesystem
  Array<FsOption> options;    // fsconfig
  uint64_t attributesSet;     // MOUNT_ATTR_*
  uint64_t attributesClear;
  uint64_t propagation;     // 0: private
  Array<IdMapping> uidMap;  // `inside`: id on disk, `outside`: id in the initial user namespace
  Array<IdMapping> gidMap;
};

enum class EntryKind : uint32_t { kDirectory, kFile, kSymlink, kNode };
struct DevEntry {
  EntryKind kind;
  uint32_t mode;  // kNode: with S_IFCHR, S_IFBLK or S_IFIFO
  Text path;      // relative to /dev, no leading slash, no ".."; missing directories are made
  Text target;    // kSymlink
  uint32_t major;
  uint32_t minor;
  uint32_t uid;  // as the host sees it
  uint32_t gid;
};

// A device whose path is not below the /dev tmpfs (or there is none): a node of the monitor's own tmpfs is bound there.
struct Device {
  Text path;
  uint32_t mode;
  uint32_t major;
  uint32_t minor;
  uint32_t uid;
  uint32_t gid;
  uint32_t reserved;
};

struct Symlink {
  Text path;
  Text target;
};

// ── the process ──────────────────────────────────────────────────────────────────────────────────────────────────────
struct Rlimit {
  uint32_t resource;
  uint32_t isOptional;  // EPERM is passed over
  uint64_t soft;
  uint64_t hard;
};

struct Sysctl {
  Text path;  // with slashes, relative to /proc/sys
  Text value;
};

// Bit n: capability n.
struct Capabilities {
  uint64_t bounding;
  uint64_t effective;
  uint64_t permitted;
  uint64_t inheritable;
  uint64_t ambient;
};

struct Seccomp {
  Text program;                   // sock_filter instructions; absent: no filter
  uint32_t flags;                 // SECCOMP_FILTER_FLAG_*
  Slot listenerSocket = kNoSlot;  // a connected unix socket that gets the notify descriptor, with `listenerMessage`
  Text listenerMessage;           // each byte kPidPlace in it stands for the process's pid
};
constexpr char kPidPlace = 1;  // in no JSON text

// struct sched_attr as sched_setattr(2) reads it.
struct Scheduler {
  uint32_t size;  // 0: none
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime;
  uint64_t deadline;
  uint64_t period;
  uint32_t utilMin;
  uint32_t utilMax;
};
static_assert(sizeof(Scheduler) == 56);

enum ProcessFlag : uint32_t {
  kProcessNoNewPrivileges = 1,
  kProcessHasCapabilities = 2,  // else: left as they are
  kProcessNewKeyring = 4,
  kProcessHasUmask = 8,
  kProcessHasOomScore = 16,
  kProcessOomScoreOptional = 32,
  kProcessSetHome = 64,     // HOME from the container's passwd when `environment` has none
  kProcessSetGroups = 128,  // groups are set (in a user namespace without setgroups they can't be)
  kProcessHasPersonality = 256,
  kProcessFilterBeforeClone = 512,  // the filter allows all that comes after the clone of a process that others see
};
struct Process {
  Array<Text> arguments;
  Array<Text> environment;
  Text workingDirectory;
  Text user;  // `user[:group]` for the container's passwd and group; absent: uid, gid
  uint32_t uid;
  uint32_t gid;
  Array<uint32_t> groups;  // additional
  uint32_t flags;
  uint32_t umask;
  int32_t oomScore;
  uint32_t preservedFds;  // 3 … 3+n−1 are inherited (from slots 0 … n−1)
  Capabilities capabilities;
  Array<Rlimit> rlimits;
  Seccomp seccomp;
  Scheduler scheduler;
  uint32_t ioPriority;  // as ioprio_set(2) takes it; 0: none
  uint32_t personality;
  Text initialCpus;  // kExec: affinity until it is in its cgroups, as sched_setaffinity(2) takes it
  Text finalCpus;    // kExec: and then
  Text appArmor;     // what is written to attr/apparmor/exec: "exec <profile>"
  Text seLinux;      // what is written to attr/exec: a context
};

struct Terminal {
  uint32_t rows;
  uint32_t columns;
  Slot consoleSocket = kNoSlot;  // kNoSlot: the monitor keeps the master
  uint32_t reserved;
};

// ── the monitor ──────────────────────────────────────────────────────────────────────────────────────────────────────
enum MonitorFlag : uint32_t {
  kMonitorOpenStdin = 1,
  kMonitorWaitForAttach = 2,
  kMonitorProtectFromOom = 4,
};
struct Monitor {
  MonitorMode mode;
  uint32_t flags;
  Slot runDirectory = kNoSlot;  // kStay: directory for the socket and the exit file
  uint32_t reserved;
  Text socketName;     // such as "monitor.sock"
  Text exitName;       // such as "exit"
  Slot log = kNoSlot;  // opened O_APPEND; kNoSlot: none
  Slot startFifo =
      kNoSlot;  // one byte starts the process; kNoSlot: at once. kLeave: opened O_RDWR|O_NONBLOCK by the launcher.
                // kStay: a stream socket; if its other end is closed first, the process ends (parked_launch.h)
};

// ── kOpen ────────────────────────────────────────────────────────────────────────────────────────────────────────────
struct Open {
  uint32_t uid;
  uint32_t gid;
  Array<uint32_t> groups;
  Text path;
  uint32_t isWrite;
  uint32_t reserved;
};

// ── kExec ────────────────────────────────────────────────────────────────────────────────────────────────────────────
struct Target {
  uint32_t pid;
  uint32_t hasStartTime;
  uint64_t startTimeTicks;
};

enum PlanFlag : uint32_t {
  kPlanLoopbackUp = 1,
  kPlanSyncBeforePivot = 2,  // the status socket says kSync and waits for a byte (OCI hooks: prestart, createRuntime)
  kPlanDenySetgroups = 8,    // `deny` in /proc/<pid>/setgroups
  kPlanNoPivot = 16,         // chroot on a moved root, for initramfs hosts only
  kPlanRootAtPath = 32,      // until the pivot the root is seen at `root.directory` (OCI hooks: createContainer)
};

struct Plan {
  uint32_t magic;
  uint32_t version;
  uint32_t size;  // of the whole block
  Kind kind;
  uint32_t flags;
  uint32_t newNamespaces;  // CLONE_NEW*
  Array<NamespaceJoin> joinNamespaces;
  Array<IdMapping> uidMappings;
  Array<IdMapping> gidMappings;
  Array<TimeOffset> timeOffsets;
  Array<CgroupStep> cgroupSteps;
  CgroupEnd cgroupEnd;
  Root root;
  Array<Mount> mounts;  // in order; at most kMaxMounts
  Array<DevEntry> devEntries;
  Array<Device> devices;
  Array<Symlink> symlinks;
  Array<Text> maskedPaths;
  Array<Text> readonlyPaths;
  Array<Sysctl> sysctls;
  Text hostname;
  Text domainname;
  StdioMode stdio;
  uint32_t slots;  // how many there are
  Terminal terminal;
  Process process;
  Monitor monitor;
  Open open;
  Target target;
};

constexpr uint32_t kMaxMounts = 512;

// ── the ledger: a shared mapping that both halves write and the launcher reads ───────────────────────────────────────
struct LedgerEntry {
  Step step;
  int32_t errnum;    // 0: done
  uint64_t startNs;  // CLOCK_MONOTONIC
  uint64_t durationNs;
  uint32_t objectOffset;  // a string in the plan; 0: none
  uint32_t reserved;
};
// Why the work failed. Also how the container's half tells its monitor: a plain store works under any seccomp filter.
struct Failure {
  Step step;  // kNone: nothing has failed
  int32_t errnum;
  char object[496];
};
struct Ledger {
  uint32_t count;        // of entries ever begun; may exceed kLedgerCapacity
  int32_t pid;           // of the process that executes, once it is cloned
  uint32_t isExecuting;  // set right before execve: the end of the sync socket then means success
  int32_t innerPid;      // of the container's half, where that is cloned inside a user namespace that exists already
  Failure failure;
  LedgerEntry entries[1];
};
constexpr uint32_t kLedgerBytes = 8192;
constexpr uint32_t kLedgerCapacity = (kLedgerBytes - 520) / 32;
static_assert(sizeof(LedgerEntry) == 32 && sizeof(Ledger) == 552);

// ── the status socket (SOCK_SEQPACKET): bulkhead-init → launcher ─────────────────────────────────────────────────────
enum class StatusKind : uint32_t {
  kStarted,  // execve has succeeded
  kCreated,  // all is prepared, the process waits for its start FIFO
  kSync,     // answered by one byte: go on
  kOpened,   // kOpen: with the descriptor (SCM_RIGHTS); errnum: 0, object: "file" or "directory"
  kFailed,
};
struct Status {
  StatusKind kind;
  Step step;
  int32_t errnum;
  int32_t pid;
  uint64_t startTimeTicks;
  uint32_t objectLength;
  char object[1004];
};

}  // namespace bulkhead::plan
