// What a client is told of the helper and its host.
import { z } from 'zod';
import { integer, timestampMs } from './scalars.js';

const uid = integer(0, 2 ** 32 - 1);

export const systemInfo = z.strictObject({
  protocolVersion: z.string(),
  helperVersion: z.string(),
  startedMs: timestampMs,
  /** Who the kernel says the caller is, and what the policy makes of him. */
  caller: z.strictObject({ uid, role: z.enum(['user', 'admin']) }),
  host: z.strictObject({
    kernelRelease: z.string(),
    architecture: z.string(),
    cpus: integer(1, 65536),
    memoryBytes: z.number(),
    cgroup: z.enum(['v2', 'hybrid', 'v1']),
    controllers: z.array(z.string()),
    /** Things that the host lacks and what follows from it, as sentences. */
    warnings: z.array(z.string()),
  }),
  counts: z.strictObject({ containers: integer(0, 2 ** 31), running: integer(0, 2 ** 31), images: integer(0, 2 ** 31) }),
});
export type SystemInfo = z.infer<typeof systemInfo>;

/** One line of the audit log. A call that changes something has two: `begin` before it is carried out, and `end`. */
export const auditRecord = z.strictObject({
  atMs: timestampMs,
  uid,
  pid: z.number().int(),
  role: z.enum(['user', 'admin', 'refused']),
  /** Names the call: the same in both of its records. */
  call: z.string(),
  method: z.string(),
  phase: z.enum(['begin', 'end', 'denied']),
  /** The params as they were carried out: defaults filled in, environment values and tokens left out. Not in `end`. */
  params: z.unknown().optional(),
  /** `ok`, or the error's code. Only in `end` and `denied`. */
  outcome: z.string().optional(),
  reason: z.string().optional(),
  durationMs: z.number().optional(),
});
export type AuditRecord = z.infer<typeof auditRecord>;

export const auditParams = z.strictObject({
  /** At most this many of the newest records; oldest first. */
  tail: integer(1, 1000).default(100),
  /** Whose: an admin may ask for anybody's; absent: the caller's own. */
  uid: uid.optional(),
});
export const auditResult = z.strictObject({ records: z.array(auditRecord) });
