// record.json: what is kept of a container. The state on disk is coarser than the engine's: what is under way is not written,
// the monitor's run directory tells it.
import { z } from 'zod';
import { specRecord } from './specRecord.js';

export const CONTAINER_RECORD_VERSION = 1;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const uid = z.number().int().min(0);

const exit = z.strictObject({
  code: z.number().int(),
  signal: z.number().int().nullable(),
  oomKilled: z.boolean(),
  unknown: z.enum(['lost', 'reboot']).nullable(),
  atMs: z.number(),
});

const failure = z.strictObject({ step: z.string(), errno: z.number().int(), errnoName: z.string(), object: z.string() });

const state = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('created') }),
  z.strictObject({ status: z.literal('running'), pid: z.number().int(), startTimeTicks: z.number(), sinceMs: z.number(), paused: z.boolean() }),
  z.strictObject({ status: z.literal('restarting'), exit, attempt: z.number().int(), nextStartMs: z.number() }),
  z.strictObject({ status: z.literal('exited'), exit }),
  z.strictObject({ status: z.literal('failed'), failure, atMs: z.number() }),
]);
export type StateRecord = z.infer<typeof state>;

const imageDefaults = z.strictObject({
  entrypoint: z.array(z.string()),
  command: z.array(z.string()),
  environment: z.array(z.string()),
  workingDirectory: z.string(),
  user: z.string(),
  labels: z.record(z.string(), z.string()),
  exposedPorts: z.array(z.string()),
  stopSignal: z.string().nullable(),
});

const bind = z.strictObject({
  index: z.number().int().min(0),
  source: z.string(),
  access: z.enum(['read', 'write']),
  owner: z.strictObject({ uid, gid: uid }).nullable(),
});

export const containerRecord = z.strictObject({
  version: z.literal(CONTAINER_RECORD_VERSION),
  id: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string(),
  /** Who made it, as the kernel named him: binds are opened with these rights when nobody is connected. */
  owner: z.strictObject({ uid, gid: uid, groups: z.array(uid), role: z.enum(['user', 'admin']) }),
  createdMs: z.number(),
  image: z.strictObject({ reference: z.string(), id: digest, chainIds: z.array(digest), defaults: imageDefaults }),
  spec: specRecord,
  /** The launch plan without its config, which is config.json. */
  plan: z.strictObject({ binds: z.array(bind), user: z.string().nullable(), idMapped: z.boolean(), noSuid: z.boolean() }),
  state,
  /** The boot in which this state came about. */
  bootId: z.string(),
  stoppedByHand: z.boolean(),
  restartCount: z.number().int(),
});
export type ContainerRecord = z.infer<typeof containerRecord>;

export const LEDGER_VERSION = 1;
const step = z.strictObject({ step: z.string(), startUs: z.number(), durationUs: z.number(), errno: z.number().int(), object: z.string() });
/** One line of the ledger. */
export const ledgerEntryRecord = z.strictObject({
  version: z.literal(LEDGER_VERSION),
  operation: z.string(),
  atMs: z.number(),
  durationUs: z.number(),
  steps: z.array(step),
});
export type LedgerEntryRecord = z.infer<typeof ledgerEntryRecord>;
