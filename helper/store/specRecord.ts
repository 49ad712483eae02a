// A container's spec as it is kept on disk. Its own shape, so that the wire may change without touching what is stored. It was
// checked and bounded when it came in: here only the form matters.
import { z } from 'zod';

const number = z.number();
const strings = z.array(z.string());

const mount = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('bind'), source: z.string(), target: z.string(), readOnly: z.boolean() }),
  z.strictObject({ type: z.literal('tmpfs'), target: z.string(), sizeBytes: number.optional(), mode: number.optional(), readOnly: z.boolean() }),
]);

const ioDevice = z.strictObject({ path: z.string(), readBytesPerSecond: number.optional(), writeBytesPerSecond: number.optional() });

const limits = z.strictObject({
  memoryBytes: number.nullish(),
  memorySwapBytes: number.nullish(),
  memoryReservationBytes: number.nullish(),
  cpus: number.nullish(),
  cpuWeight: number.nullish(),
  cpusetCpus: z.string().nullish(),
  cpusetMems: z.string().nullish(),
  pids: number.nullish(),
  ioWeight: number.nullish(),
  ioDevices: z.array(ioDevice).nullish(),
});

export const restartRecord = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('no') }),
  z.strictObject({ name: z.literal('on-failure'), maximumRetryCount: number }),
  z.strictObject({ name: z.literal('always') }),
  z.strictObject({ name: z.literal('unless-stopped') }),
]);

const hostNamespace = z.enum(['network', 'pid', 'ipc', 'uts', 'user', 'cgroup']);
const admin = z.strictObject({
  privileged: z.boolean().optional(),
  hostNamespaces: z.array(hostNamespace).optional(),
  capabilitiesAdd: strings.optional(),
  devices: z.array(z.strictObject({ path: z.string(), target: z.string().optional(), access: z.string() })).optional(),
  seccomp: z.literal('unconfined').optional(),
});

export const specRecord = z.strictObject({
  name: z.string().optional(),
  image: z.string(),
  entrypoint: strings.optional(),
  command: strings.optional(),
  environment: strings,
  workingDirectory: z.string().optional(),
  user: z.string().optional(),
  additionalGroups: z.array(number).optional(),
  hostname: z.string().optional(),
  terminal: z.boolean(),
  openStdin: z.boolean(),
  mounts: z.array(mount),
  limits,
  rlimits: z.array(z.strictObject({ type: z.string(), soft: number, hard: number })),
  restart: restartRecord,
  labels: z.record(z.string(), z.string()),
  stopSignal: z.union([z.string(), number]).optional(),
  stopTimeoutMs: number,
  readOnlyRoot: z.boolean(),
  noNewPrivileges: z.boolean().optional(),
  capabilitiesDrop: strings,
  sysctls: z.record(z.string(), z.string()),
  oomScoreAdjustment: number.optional(),
  umask: number.optional(),
  autoRemove: z.boolean(),
  admin: admin.optional(),
});
export type SpecRecord = z.infer<typeof specRecord>;
