// Containers on the wire: what a client asks for, and what it is told.
import { z } from 'zod';
import {
  containerId,
  containerName,
  containerRef,
  execId,
  imageId,
  imageRef,
  integer,
  labels,
  nonEmpty,
  signal,
  streamToken,
  terminalSize,
  text,
  timestampMs,
} from './scalars.js';

const PATH_MAX = 4096;
const TEBIBYTE = 2 ** 40;
export const absolutePath = nonEmpty(PATH_MAX).regex(/^\//, 'must be absolute');
const argument = text(128 * 1024);
export const argumentVector = z.array(argument).max(4096);
export const environment = z.array(nonEmpty(128 * 1024).regex(/^[^=]+=/, 'must be NAME=value')).max(4096);

/** A bind of a path that the caller can open himself, or a fresh tmpfs. */
export const mountSpec = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('bind'), source: absolutePath, target: absolutePath, readOnly: z.boolean().default(false) }),
  z.strictObject({
    type: z.literal('tmpfs'),
    target: absolutePath,
    sizeBytes: integer(4096, TEBIBYTE).optional(),
    mode: integer(0, 0o1777).optional(),
    readOnly: z.boolean().default(false),
  }),
]);
export type MountSpec = z.infer<typeof mountSpec>;

const device = z.strictObject({
  path: absolutePath,
  readBytesPerSecond: integer(1, TEBIBYTE).optional(),
  writeBytesPerSecond: integer(1, TEBIBYTE).optional(),
});

/** Limits of a container. What is absent is not limited (pids: the helper's default). `null` in an update clears a limit. */
export const limits = z.strictObject({
  memoryBytes: integer(6 * 2 ** 20, TEBIBYTE).nullish(),
  /** Memory plus swap, as Docker's `--memory-swap`; -1: unlimited swap. */
  memorySwapBytes: z.union([z.literal(-1), integer(6 * 2 ** 20, TEBIBYTE)]).nullish(),
  memoryReservationBytes: integer(0, TEBIBYTE).nullish(),
  /** Processors' worth of time per second, such as 1.5. */
  cpus: z.number().min(0.01).max(4096).nullish(),
  /** Relative weight, 1 to 10,000 (cgroup v2 `cpu.weight`; 100 is the default). */
  cpuWeight: integer(1, 10_000).nullish(),
  cpusetCpus: z
    .string()
    .max(1024)
    .regex(/^[0-9,-]+$/)
    .nullish(),
  cpusetMems: z
    .string()
    .max(1024)
    .regex(/^[0-9,-]+$/)
    .nullish(),
  pids: integer(1, 4_194_304).nullish(),
  /** Relative weight, 1 to 1,000. */
  ioWeight: integer(1, 1000).nullish(),
  ioDevices: z.array(device).max(16).nullish(),
});
export type Limits = z.infer<typeof limits>;

const rlimit = z.strictObject({
  type: z.string().regex(/^RLIMIT_[A-Z]{2,10}$/),
  soft: integer(0, Number.MAX_SAFE_INTEGER),
  hard: integer(0, Number.MAX_SAFE_INTEGER),
});

export const restartPolicy = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('no') }),
  z.strictObject({ name: z.literal('on-failure'), maximumRetryCount: integer(0, 1000).default(0) }),
  z.strictObject({ name: z.literal('always') }),
  z.strictObject({ name: z.literal('unless-stopped') }),
]);
export type RestartPolicy = z.infer<typeof restartPolicy>;

const capability = z.string().regex(/^(CAP_)?[A-Z_]{2,32}$/);

/** What only an admin may ask for. A request of anyone else that holds this object is denied, with the field's name as the reason. */
export const adminOptions = z.strictObject({
  privileged: z.boolean().optional(),
  hostNamespaces: z
    .array(z.enum(['network', 'pid', 'ipc', 'uts', 'user', 'cgroup']))
    .max(6)
    .optional(),
  capabilitiesAdd: z.array(capability).max(64).optional(),
  devices: z
    .array(
      z.strictObject({
        path: absolutePath,
        target: absolutePath.optional(),
        access: z
          .string()
          .regex(/^[rwm]{1,3}$/)
          .default('rwm'),
      }),
    )
    .max(64)
    .optional(),
  seccomp: z.literal('unconfined').optional(),
});
export type AdminOptions = z.infer<typeof adminOptions>;

/** What an image is to say of its containers that its parent said otherwise. What is left out stays as it was. */
export const imageChanges = z.strictObject({
  /** `[]` clears it. */
  entrypoint: argumentVector.optional(),
  command: argumentVector.optional(),
  /** Beside what is there, or instead of what has the name. */
  environment: environment.default([]),
  labels: labels.default({}),
  /** "" is the root directory. */
  workingDirectory: z.union([z.literal(''), absolutePath]).optional(),
  /** `user[:group]`; "" is root. */
  user: text(256).optional(),
  /** Beside those that are there. */
  exposedPorts: z
    .array(z.string().regex(/^[1-9]\d{0,4}(-[1-9]\d{0,4})?(\/(tcp|udp|sctp))?$/))
    .max(256)
    .default([]),
  stopSignal: signal.optional(),
});
export type ImageChanges = z.infer<typeof imageChanges>;

/** All that a client can say of a container that it wants. */
export const containerSpec = z.strictObject({
  name: containerName.optional(),
  image: imageRef,
  /** Replaces the image's entrypoint; `[]` clears it. */
  entrypoint: argumentVector.optional(),
  /** Replaces the image's command. */
  command: argumentVector.optional(),
  environment: environment.default([]),
  workingDirectory: absolutePath.optional(),
  /** `user[:group]`, names or numbers; looked up in the container's own /etc/passwd. */
  user: nonEmpty(256).optional(),
  additionalGroups: z
    .array(integer(0, 2 ** 32 - 2))
    .max(64)
    .optional(),
  hostname: z
    .string()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/)
    .optional(),
  /** Gives the main process a terminal of its own. */
  terminal: z.boolean().default(false),
  /** Keeps the main process's standard input open, so that an attached client can type. */
  openStdin: z.boolean().default(false),
  mounts: z.array(mountSpec).max(128).default([]),
  limits: limits.default({}),
  rlimits: z.array(rlimit).max(16).default([]),
  restart: restartPolicy.default({ name: 'no' }),
  labels: labels.default({}),
  stopSignal: signal.optional(),
  stopTimeoutMs: integer(0, 3_600_000).default(10_000),
  readOnlyRoot: z.boolean().default(false),
  /** Default: true for an unprivileged caller, false for an admin. */
  noNewPrivileges: z.boolean().optional(),
  capabilitiesDrop: z.array(capability).max(64).default([]),
  sysctls: z
    .record(
      z
        .string()
        .regex(/^[a-z0-9_]+(\.[a-z0-9_-]+)+$/)
        .max(128),
      text(256),
    )
    .refine((sysctls) => Object.keys(sysctls).length <= 64, 'at most 64 sysctls')
    .default({}),
  oomScoreAdjustment: integer(-1000, 1000).optional(),
  umask: integer(0, 0o777).optional(),
  /** Removed as soon as it has exited. */
  autoRemove: z.boolean().default(false),
  admin: adminOptions.optional(),
});
export type ContainerSpec = z.infer<typeof containerSpec>;
/** The spec as a client writes it: defaults left out. */
export type ContainerSpecInput = z.input<typeof containerSpec>;

const exitStatus = z.strictObject({
  /** 0–255; 128 + signal when a signal ended it. */
  code: integer(0, 255),
  signal: integer(1, 64).nullable(),
  oomKilled: z.boolean(),
  /** Set when the status is not known: `lost` (the monitor was killed) or `reboot`. */
  unknown: z.enum(['lost', 'reboot']).nullable(),
  atMs: timestampMs,
});
export type ExitStatus = z.infer<typeof exitStatus>;

/** What a failed step of the launch says: the ledger's step, the errno's name and number, and the object that it was about. */
export const stepFailure = z.strictObject({ step: z.string(), errno: z.number().int(), errnoName: z.string(), object: z.string() });
export type StepFailure = z.infer<typeof stepFailure>;

export const containerState = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('created') }),
  z.strictObject({ status: z.literal('starting'), sinceMs: timestampMs }),
  z.strictObject({ status: z.literal('running'), pid: integer(1, 2 ** 22), sinceMs: timestampMs }),
  z.strictObject({ status: z.literal('paused'), pid: integer(1, 2 ** 22), sinceMs: timestampMs }),
  z.strictObject({ status: z.literal('stopping'), pid: integer(1, 2 ** 22), sinceMs: timestampMs }),
  z.strictObject({ status: z.literal('restarting'), exit: exitStatus, nextStartMs: timestampMs, attempt: integer(1, 2 ** 31) }),
  z.strictObject({ status: z.literal('exited'), exit: exitStatus }),
  z.strictObject({ status: z.literal('failed'), failure: stepFailure, atMs: timestampMs }),
]);
export type ContainerState = z.infer<typeof containerState>;

/** One line of a list: what a tree item needs, and no more. */
export const containerSummary = z.strictObject({
  id: containerId,
  name: z.string(),
  image: z.string(),
  imageId,
  command: z.string(),
  state: containerState,
  createdMs: timestampMs,
  ownerUid: integer(0, 2 ** 32 - 1),
  terminal: z.boolean(),
  openStdin: z.boolean(),
  restart: restartPolicy,
  restartCount: integer(0, 2 ** 31),
  labels,
});
export type ContainerSummary = z.infer<typeof containerSummary>;

/** One kernel step of an operation. */
export const ledgerStep = z.strictObject({
  step: z.string(),
  /** Microseconds since the operation's start. */
  startUs: z.number().nonnegative(),
  durationUs: z.number().nonnegative(),
  /** 0: it succeeded. */
  errno: z.number().int(),
  object: z.string(),
});
export type LedgerStep = z.infer<typeof ledgerStep>;

export const ledgerEntry = z.strictObject({ operation: z.string(), atMs: timestampMs, durationUs: z.number(), steps: z.array(ledgerStep) });
export type LedgerEntry = z.infer<typeof ledgerEntry>;

export const containerDetails = z.strictObject({
  summary: containerSummary,
  spec: containerSpec,
  /** The OCI runtime-spec config of the last (or next) start. */
  config: z.record(z.string(), z.unknown()),
  cgroupPath: z.string(),
  logPath: z.string(),
  ledger: z.array(ledgerEntry),
});
export type ContainerDetails = z.infer<typeof containerDetails>;

/** Usage at one moment. `null`: the kernel does not say here. */
export const containerStats = z.strictObject({
  atMs: timestampMs,
  cpuUsageUs: z.number(),
  cpuThrottledUs: z.number().nullable(),
  memoryBytes: z.number().nullable(),
  memoryLimitBytes: z.number().nullable(),
  memoryPeakBytes: z.number().nullable(),
  swapBytes: z.number().nullable(),
  oomKills: z.number().nullable(),
  pids: z.number().nullable(),
  pidsLimit: z.number().nullable(),
  ioReadBytes: z.number().nullable(),
  ioWriteBytes: z.number().nullable(),
  pressure: z.record(
    z.enum(['cpu', 'memory', 'io']),
    z.strictObject({ some10: z.number(), some60: z.number(), full10: z.number(), full60: z.number() }).nullable(),
  ),
});
export type ContainerStats = z.infer<typeof containerStats>;

export const processInfo = z.strictObject({
  pid: integer(1, 2 ** 22),
  /** The pid inside the container. */
  containerPid: integer(1, 2 ** 22),
  parentPid: integer(0, 2 ** 22),
  uid: z.number().int(),
  state: z.string(),
  cpuUs: z.number(),
  residentBytes: z.number(),
  startedMs: timestampMs,
  command: z.string(),
});
export type ProcessInfo = z.infer<typeof processInfo>;

const target = z.strictObject({ container: containerRef });

/** `container/*` params that are more than a target. */
export const containerParams = {
  target,
  create: z.strictObject({ spec: containerSpec }),
  stop: target.extend({ timeoutMs: integer(0, 3_600_000).optional() }),
  kill: target.extend({ signal: signal.default('SIGKILL') }),
  rename: target.extend({ name: containerName }),
  remove: target.extend({ force: z.boolean().default(false) }),
  list: z.strictObject({ all: z.boolean().default(true) }),
  attach: target.extend({ replay: z.boolean().default(true), size: terminalSize.optional() }),
  exec: target.extend({
    command: argumentVector.min(1),
    environment: environment.default([]),
    workingDirectory: absolutePath.optional(),
    user: nonEmpty(256).optional(),
    terminal: z.boolean().default(false),
    openStdin: z.boolean().default(true),
    size: terminalSize.optional(),
  }),
  resize: target.extend({ exec: execId.optional(), size: terminalSize }),
  logs: target.extend({
    follow: z.boolean().default(false),
    /** The last n lines; absent: all. */
    tail: integer(0, 10_000_000).optional(),
    sinceMs: timestampMs.optional(),
  }),
  update: target.extend({ limits, restart: restartPolicy.optional() }),
  commit: target.extend({
    /** Names the image; without it, it has its id alone. */
    reference: imageRef.optional(),
    changes: imageChanges.prefault({}),
    author: nonEmpty(256).optional(),
    /** For the image's history. */
    message: nonEmpty(4096).optional(),
    /** Freezes its processes meanwhile, so that they change nothing. */
    pause: z.boolean().default(true),
    /** Where `$/progress` goes (`doneBytes` of the layer each). */
    progressToken: z.union([z.string().max(64), z.number()]).optional(),
  }),
} as const;

/** `container/*` results that are more than the container's summary. */
export const containerResults = {
  list: z.strictObject({ containers: z.array(containerSummary) }),
  wait: z.strictObject({ exit: exitStatus }),
  attach: z.strictObject({ token: streamToken }),
  exec: z.strictObject({ exec: execId, token: streamToken }),
  logs: z.strictObject({ token: streamToken }),
  /** The stream that carries the tar: whole when it has a tar's end, two blocks of zeros. */
  export: z.strictObject({ token: streamToken }),
  top: z.strictObject({ processes: z.array(processInfo) }),
  prune: z.strictObject({ removed: z.array(containerId), reclaimedBytes: z.number().nonnegative() }),
} as const;
