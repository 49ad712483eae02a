// The addon's contract: what helper/kernel/nativeKernel.ts may ask of it. Functions that return a promise work on libuv's
// thread pool or, if they may take long, on a thread of their own; the others take microseconds. Every failure is a KernelFailure. Descriptors are plain numbers, close-on-exec,
// and owned by whom the comment says.

/** What rejected promises and thrown errors carry, beside `message`. `step` is the ledger's step that failed. */
export interface KernelFailure extends Error {
  readonly step: string;
  /** A positive errno; 0 when the failure is not the kernel's (a spec that can't be applied, a corrupt archive). */
  readonly errno: number;
  readonly errnoName: string;
  readonly object: string;
  /** The steps until then. */
  readonly steps?: readonly StepRecord[];
}

/** One kernel step of an operation; times in microseconds since the operation's start. */
export interface StepRecord {
  readonly step: string;
  readonly startUs: number;
  readonly durationUs: number;
  readonly errno: number;
  readonly object: string;
}

// ── who calls ────────────────────────────────────────────────────────────────────────────────────────────────────

export interface PeerIdentity {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups at the time of connect (SO_PEERGROUPS). */
  readonly groups: readonly number[];
  /** Whether the peer lives in this process's user namespace (and so its uid means what it says). */
  readonly sameUserNamespace: boolean;
  /** Whether he lives in this process's pid namespace: a container does not, with a user namespace or without. */
  readonly samePidNamespace: boolean;
  /** Whether he has this process's mount namespace and root directory, so that a path means the same to both. */
  readonly seesSameFiles: boolean;
}

/** getsockopt SO_PEERCRED, SO_PEERGROUPS, SO_PEERPIDFD (Linux 6.5; before: by pid) of a connected unix socket. Errors: ENOTSOCK, EBADF; ESRCH when the peer is gone. */
export function peerIdentity(socket: number): PeerIdentity;

/** bind(2) and listen(2) are Node's; this takes flock(2) LOCK_EX|LOCK_NB on `path` (created 0600) for the life of the process. False: another instance holds it. Errors: ELOOP for a symbolic link, those of open(2). */
export function lockInstance(path: string): boolean;

export interface CallerIdentity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/**
 * Opens `path` O_PATH as the caller: in a short-lived process that has become him wholly (groups, gid, uid, no capabilities,
 * no_new_privs), by openat2 with RESOLVE_NO_MAGICLINKS, then checks R (and W when `write`) access by faccessat2(AT_EACCESS).
 * Refuses file systems of kernel objects (proc, sysfs, cgroup, devpts, debugfs, tracefs, bpf, securityfs, autofs), device nodes and sockets.
 * Errors: EACCES, ENOENT, ELOOP (a magic link), EINVAL (an id that means "unchanged"), ETIMEDOUT after 2 s (a FUSE server may hang), EAGAIN (too many at once). Resolves to a descriptor that the caller of this function owns.
 */
export function openAsCaller(identity: CallerIdentity, path: string, access: 'read' | 'write'): Promise<OpenedPath>;
export interface OpenedPath {
  readonly fd: number;
  readonly kind: 'file' | 'directory';
}
/** close(2). */
export function closeDescriptor(fd: number): void;
/** socketpair(2): two connected unix stream sockets, close-on-exec, the caller's to close. Errors: EMFILE, ENFILE. */
export function socketPair(): readonly [number, number];

// ── containers ───────────────────────────────────────────────────────────────────────────────────────────────────

export interface OverlayRoot {
  /** Layer directories, lowest first; absolute. */
  readonly layers: readonly string[];
  readonly upperDirectory: string;
  readonly workDirectory: string;
  /** Overlay over idmapped layers and upper (with the config's user namespace), so that what is on disk keeps unshifted ids. Needs linux.uidMappings. */
  readonly idMapped: boolean;
  /** nosuid on the root mount. */
  readonly noSuid: boolean;
}

/** A bind whose source was opened by {@link openAsCaller}. It replaces the `source` of `config.mounts[index]`. */
export interface MountSource {
  readonly index: number;
  /** Stays the caller's: duplicated, not consumed. */
  readonly fd: number;
  /** Maps this host uid/gid to the container's root by an idmapped mount; null: as it is. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

export interface LaunchRequest {
  readonly id: string;
  /** OCI runtime-spec config.json, as text. */
  readonly config: string;
  /** Null: `config.root.path`, absolute. */
  readonly overlay: OverlayRoot | null;
  readonly mountSources: readonly MountSource[];
  /** `user[:group]` to look up in the container's /etc/passwd and /etc/group; null: process.user of the config. */
  readonly user: string | null;
  /** Those of `process.rlimits` that somebody asked for, by name. Of the others, the defaults, one that may not be set (EPERM) is passed over; its step says so. */
  readonly requiredRlimits: readonly string[];
  /** An existing 0700 root directory where the monitor keeps `monitor.sock` and `exit`. */
  readonly runDirectory: string;
  /** Created 0600 and appended to, in the CRI format; null: no log. */
  readonly logPath: string | null;
  /** Keeps standard input open (a pipe; terminals have theirs anyway); false: /dev/null. */
  readonly openStdin: boolean;
  /** Become 3, 4, … of the process; they stay the caller's. */
  readonly descriptors: readonly number[];
}

export interface Launched {
  /** PID 1 of the container (or the exec'd process), in this pid namespace. */
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat, in clock ticks: with the boot id it names the process for ever. */
  readonly startTimeTicks: number;
  readonly monitorPid: number;
  readonly steps: readonly StepRecord[];
}

/**
 * Makes the container and executes its process; resolves once execve has succeeded. It is `bulkhead-init` that works: this
 * only builds the plan and starts it (CLONE_VM|CLONE_VFORK, execveat of a sealed memfd). On failure nothing is left.
 * In order, there: flock of the upper directory; mkdir and writes of the groups; fsopen, fsconfig, fsmount, open_tree, mount_setattr; clone3; move_mount,
 * openat2, pivot_root, umount2; prlimit64, keyctl, setgroups, setresgid, setresuid, capset, prctl, seccomp, execve.
 * Errors: EINVAL "config" (what can't be applied; before anything is made), EBUSY (a group with others' processes; an upper directory in use for 10 s), ETIMEDOUT
 * after 15 s, EAGAIN (64 at once); else of the step that failed, with the steps until then.
 */
export function launch(request: LaunchRequest): Promise<Launched>;

/** A container that stands ready, its process waiting before execve. It lasts no longer than this process: if that is killed, all of it is undone. */
export interface ParkedLaunch {
  /** Until then. */
  readonly steps: readonly StepRecord[];
  /** send(2): lets the process execute; `monitor.sock` says when it has, or ends. Errors: EPIPE (it is gone), ESRCH (discarded). */
  release(): void;
  /** What came of the release, its steps counted from there; does not wait. Errors: EAGAIN (not known yet), ECHILD (killed), ESRCH, else of the step that failed. */
  outcome(): Launched;
  /** Ends it; resolves once nothing runs of it, after 2 s at most. Groups that were busy for long are the caller's to remove. Once is enough. */
  discard(): Promise<void>;
}
/**
 * As {@link launch}, all but execve: resolves once the process waits, with its rights, its filter and its root. `monitor.sock` takes connections,
 * but answers only after the release. On failure nothing is left. Errors: those of launch.
 */
export function park(request: LaunchRequest): Promise<ParkedLaunch>;

export interface ExecRequest {
  /** PID 1 of the container, and its start time: refused (ESRCH) if that process is gone. */
  readonly pid: number;
  readonly startTimeTicks: number;
  /** The container's config: its `process` replaced by what is to be executed; seccomp, capabilities and cgroup are taken from it. */
  readonly config: string;
  readonly user: string | null;
  /** As of a launch. */
  readonly requiredRlimits: readonly string[];
  readonly runDirectory: string;
  /** File names in the run directory: `<name>.sock`, `<name>.exit`. */
  readonly name: string;
  readonly openStdin: boolean;
  /** Reads no output before the first attach, so that none is missed. */
  readonly waitForAttach: boolean;
}
/**
 * pidfd_open and a look at the start time; clone3 into the group, setns of all namespaces at once, then as {@link launch} from prlimit64 on.
 * Errors: ESRCH (that process is gone), ETIMEDOUT after 8 s (a frozen or hostile container), EAGAIN (64 at once); ENOENT, EACCES of the program.
 */
export function exec(request: ExecRequest): Promise<Launched>;

/** connect(2), and sendmsg(2) of `message` with, by SCM_RIGHTS, a copy of `fd`, to the monitor that listens at `monitorSocket`. Errors: ENOENT, ECONNREFUSED (it has ended), EBADF. */
export function passDescriptor(monitorSocket: string, message: string, fd: number): Promise<void>;

/** pidfd_open, check of the start time, pidfd_send_signal. Errors: ESRCH (that process is gone), EPERM, EINVAL (no such signal). */
export function signalProcess(pid: number, startTimeTicks: number, signal: number): void;
/** pidfd_open and the start time: whether that very process exists. Throws nothing but TypeError. */
export function processExists(pid: number, startTimeTicks: number): boolean;

// ── cgroups: one interface over v2, hybrid and v1. `path` is as linux.cgroupsPath: absolute below each hierarchy's mount. ──

/** Writes cgroup.freeze and waits for cgroup.events, or freezer.state of v1. Errors: ENOENT (no group, or no freezer), ETIMEDOUT after 2 s: then it runs as before. */
export function cgroupFreeze(path: string, frozen: boolean): Promise<void>;
/** Writes cgroup.kill (Linux 5.14), and SIGKILL by pidfd to every process until none is left, thawing what is frozen. Nothing there: no error. Errors: ETIMEDOUT after 10 s. */
export function cgroupKill(path: string): Promise<void>;
/** {@link cgroupKill}, then rmdir(2) of the group and all below in every hierarchy. Nothing there: no error. Errors: ETIMEDOUT, EBUSY. */
export function cgroupRemove(path: string): Promise<void>;
/** cgroup.procs of the group and all below, in every hierarchy. Nothing there: []. */
export function cgroupProcesses(path: string): number[];
/** `resources`: the linux.resources object of the runtime-spec, as text; only what it holds is written; -1 or 0 as the spec says clears. Errors: EINVAL (what can't be applied), ENOENT (no group), EBUSY (a limit below what is in use); what was written is then put back. */
export function cgroupUpdate(path: string, resources: string): Promise<void>;
export interface PressureLine {
  readonly some10: number;
  readonly some60: number;
  readonly full10: number;
  readonly full60: number;
}
/** Numbers as the kernel gives them; null: not to be had here, or (limits) no limit. */
export interface CgroupStats {
  readonly cpuUsageUs: number;
  readonly cpuThrottledUs: number | null;
  readonly memoryBytes: number | null;
  readonly memoryLimitBytes: number | null;
  readonly memoryPeakBytes: number | null;
  readonly swapBytes: number | null;
  readonly oomKills: number | null;
  readonly pids: number | null;
  readonly pidsLimit: number | null;
  readonly ioReadBytes: number | null;
  readonly ioWriteBytes: number | null;
  readonly pressure: { readonly cpu: PressureLine | null; readonly memory: PressureLine | null; readonly io: PressureLine | null };
}
/** Reads the groups' files of every controller. Nothing there: nulls and zeros. */
export function cgroupStats(path: string): CgroupStats;
/** getdents64(2): names of the groups directly below `path`, in any hierarchy: for finding leftovers. Nothing there: []. */
export function cgroupChildren(path: string): string[];

// ── layers ───────────────────────────────────────────────────────────────────────────────────────────────────────

export interface LayerLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}
export interface UnpackRequest {
  /** The blob: a tar, plain, gzip or zstd (by its magic number). */
  readonly blobPath: string;
  /** An empty 0700 directory that becomes the layer, as an overlay lower directory (whiteouts, opaque xattrs). */
  readonly directory: string;
  /** The layers below it, unpacked, lowest first: directories that the archive only implies get owner, mode and time from there. */
  readonly lowerDirectories: readonly string[];
  readonly limits: LayerLimits;
}
export interface Unpacked {
  /** `sha256:…` of the blob as it is: this program has computed it. */
  readonly digest: string;
  /** Of the tar inside, as the process says that has read it: no truer than the blob. */
  readonly diffId: string;
  readonly blobBytes: number;
  readonly tarBytes: number;
  readonly entries: number;
}
/** Unpacks on a thread of its own, what a process without rights reads of the blob. `onProgress` gets the blob's bytes read so far, at most 10 times a second. After `cancel()` it rejects with ECANCELED. What was unpacked until a failure is the caller's to remove. Errors: 0 "archive" (it is none, or is hostile), EBADMSG (corrupt), EFBIG (over a limit), ENOTEMPTY, ENOSPC; EPIPE, EPROTO, ETIMEDOUT "read-archive" (that process has ended, says what it can't, says nothing). */
export function unpackLayer(request: UnpackRequest, onProgress?: (blobBytes: number) => void): { readonly done: Promise<Unpacked>; cancel(): void };
export interface CommitRequest {
  /** The upper directory of a container; nothing in it is believed. */
  readonly source: string;
  /** An empty 0700 directory that becomes the layer. */
  readonly directory: string;
  readonly limits: LayerLimits;
}
/**
 * Copies what has changed in a container into a layer, by way of the tar that it is: openat2 (RESOLVE_BENEATH, O_PATH), getdents64, pread and
 * what {@link unpackLayer} does; then syncfs. `digest` is the tar's, as `diffId`. `onProgress`: bytes of the tar, as there. Errors of the step
 * "read-tree": EINVAL (`object` is named as only a whiteout may be), EOPNOTSUPP (overlayfs keeps a part of `object` elsewhere), EXDEV (a
 * mount); else those of unpacking.
 */
export function commitLayer(request: CommitRequest, onProgress?: (tarBytes: number) => void): { readonly done: Promise<Unpacked>; cancel(): void };
export interface PackRequest {
  /** A layer. */
  readonly directory: string;
  /** A new file (O_EXCL, 0600), the caller's to remove; null: the tar is only hashed. */
  readonly target: string | null;
  readonly limits: LayerLimits;
}
/** Writes a layer's tar into `target`, by gzip: the same layer gives the same bytes. With errors as {@link commitLayer}. */
export function packLayer(request: PackRequest, onProgress?: (tarBytes: number) => void): { readonly done: Promise<Unpacked>; cancel(): void };
export interface SendTreeRequest {
  /** A connected unix stream socket, which stays the caller's. */
  readonly socket: number;
  /** Directories, lowest first. */
  readonly layers: readonly string[];
  /** One layer, with its whiteouts; else what overlayfs would show of them all. */
  readonly asLayer: boolean;
  readonly limits: LayerLimits;
}
/** Sends a tar of what the layers show. As {@link sendBlob}, and of the step "read-tree" as {@link commitLayer}. */
export function sendTree(request: SendTreeRequest, onProgress?: (bytes: number) => void): { readonly done: Promise<void>; cancel(): void };
/** A blob's file, all of it, on its way to whoever reads at the other end of a socket. */
export interface SendBlobRequest {
  /** A connected unix stream socket, which stays the caller's. */
  readonly socket: number;
  readonly path: string;
  readonly sizeBytes: number;
}
/** Sends it on a thread of its own. `onProgress` gets the bytes sent so far, at most 10 times a second. Errors: EPIPE, ENODATA (the file is shorter), ENOENT, ECANCELED after `cancel()`. */
export function sendBlob(request: SendBlobRequest, onProgress?: (bytes: number) => void): { readonly done: Promise<void>; cancel(): void };
export interface ReceiveBlobRequest {
  /** A connected unix stream socket; it stays the caller's. */
  readonly socket: number;
  readonly path: string;
  /** So much of the blob is in the file already, and is hashed again; 0 for a new one. */
  readonly offset: number;
  /** Of the whole blob: `sizeBytes` − `offset` come by the socket. */
  readonly sizeBytes: number;
}
/**
 * recv(2) into the file `path` (O_CREAT, O_NOFOLLOW, 0600) on a thread of its own; resolves to `sha256:…` of the whole once all of it is there.
 * `onProgress` gets the bytes in the file, at most 20 times a second. After `cancel()` it rejects with ECANCELED. Errors of the step
 * "receive-blob": ENODATA (the socket ended early) and EFBIG (more has come), whose `object` is the number of bytes in the file: an `offset` to
 * go on from; EINVAL (the file has less than `offset`), ELOOP, ENOSPC.
 */
export function receiveBlob(
  request: ReceiveBlobRequest,
  onProgress?: (fileBytes: number) => void,
): { readonly done: Promise<{ readonly digest: string }>; cancel(): void };
/**
 * Decompresses `source` (gzip or zstd, by its magic number; other content is copied) into the new file `target` (O_EXCL, 0600), on a thread of its own.
 * Resolves to the bytes written; EFBIG beyond `maxBytes`, EBADMSG when it is corrupt. `target` is the caller's to remove.
 */
export function decompress(source: string, target: string, maxBytes: number): Promise<number>;
/**
 * open(2) of `temporary` (O_EXCL, 0600), a name beside `path` that nothing has; write, fdatasync, rename, fsync of the folder: in one go on one other
 * thread. `path` is replaced as a whole or not at all, and nothing is left of `temporary`. Errors: ENOSPC, EROFS, EISDIR, ENOENT.
 */
export function replaceFile(path: string, temporary: string, content: string): Promise<void>;
/** openat2, getdents64, unlinkat: removes a tree, by descriptors, never following a link. Nothing there: no error. Errors: ENOTDIR, EBUSY (a mount in it), EIO. */
export function removeTree(path: string): Promise<void>;
/** Bytes that a directory with all that is in it takes on disk, by descriptors, never following a link. What can't be looked at counts as nothing. */
export function treeSize(path: string): Promise<number>;

// ── the host ─────────────────────────────────────────────────────────────────────────────────────────────────────

export interface HostFeatures {
  readonly kernelRelease: string;
  readonly bootId: string;
  readonly cgroup: 'v2' | 'hybrid' | 'v1';
  readonly controllers: readonly string[];
  /** Where helper-made groups go: the delegated group of this process (systemd), or `/bulkhead`. */
  readonly cgroupRoot: string;
  readonly idMappedMounts: boolean;
  readonly idMappedOverlay: boolean;
  readonly timeNamespaces: boolean;
  readonly cgroupKill: boolean;
}
/** Probes, which takes a millisecond. `dataDirectory`: on the file system that layers are kept on. */
export function hostFeatures(dataDirectory: string): HostFeatures;
