// The pushed world: one snapshot with a sequence number, then deltas. A gap in the numbers means: subscribe again.
import { z } from 'zod';
import { containerSummary } from './containers.js';
import { imageSummary, pullSummary } from './images.js';
import { containerId, imageId, integer, timestampMs } from './scalars.js';

export const snapshot = z.strictObject({
  sequence: integer(0, Number.MAX_SAFE_INTEGER),
  containers: z.array(containerSummary),
  images: z.array(imageSummary),
  pulls: z.array(pullSummary),
});
export type Snapshot = z.infer<typeof snapshot>;

export const change = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('container/upsert'), container: containerSummary }),
  z.strictObject({ kind: z.literal('container/remove'), id: containerId }),
  z.strictObject({ kind: z.literal('image/upsert'), image: imageSummary }),
  z.strictObject({ kind: z.literal('image/remove'), id: imageId }),
  z.strictObject({ kind: z.literal('pull/upsert'), pull: pullSummary }),
  z.strictObject({ kind: z.literal('pull/remove'), id: pullSummary.shape.id }),
]);
export type Change = z.infer<typeof change>;

/** The params of the notification `events/delta`. `sequence` is one more than that of the snapshot or delta before it. */
export const delta = z.strictObject({ sequence: integer(1, Number.MAX_SAFE_INTEGER), atMs: timestampMs, changes: z.array(change) });
export type Delta = z.infer<typeof delta>;

/** Notifications from the helper to a client. */
export const DELTA_NOTIFICATION = 'events/delta';
