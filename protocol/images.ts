// Images on the wire.
import { z } from 'zod';
import { imageId, imageRef, integer, labels, streamToken, timestampMs } from './scalars.js';

export const imageSummary = z.strictObject({
  id: imageId,
  /** `name:tag` each; empty when nothing names it. */
  references: z.array(z.string()),
  createdMs: timestampMs.nullable(),
  importedMs: timestampMs,
  /** Bytes of its blobs in the store. */
  sizeBytes: z.number().nonnegative(),
  layers: integer(0, 1024),
  architecture: z.string(),
  ownerUid: integer(0, 2 ** 32 - 1),
});
export type ImageSummary = z.infer<typeof imageSummary>;

/** The part of the OCI image config that a container's spec is made from. */
export const imageDefaults = z.strictObject({
  entrypoint: z.array(z.string()),
  command: z.array(z.string()),
  environment: z.array(z.string()),
  workingDirectory: z.string(),
  user: z.string(),
  labels,
  exposedPorts: z.array(z.string()),
  stopSignal: z.string().nullable(),
});
export type ImageDefaults = z.infer<typeof imageDefaults>;

export const imageDetails = z.strictObject({
  summary: imageSummary,
  defaults: imageDefaults,
  layers: z.array(z.strictObject({ digest: z.string(), diffId: z.string(), sizeBytes: z.number(), mediaType: z.string() })),
  history: z.array(z.strictObject({ createdBy: z.string(), comment: z.string(), createdMs: timestampMs.nullable(), emptyLayer: z.boolean() })),
});
export type ImageDetails = z.infer<typeof imageDetails>;

/** Where an import is: bytes received of `totalBytes` (null: unknown). */
export const importProgress = z.strictObject({
  phase: z.enum(['receiving', 'verifying', 'unpacking']),
  doneBytes: z.number(),
  totalBytes: z.number().nullable(),
});
export type ImportProgress = z.infer<typeof importProgress>;

export const imageParams = {
  target: z.strictObject({ image: imageRef }),
  /** `upload`: the token of a stream that carries a tar archive: an OCI layout, a `docker save` archive or a root file system; plain, gzip or zstd. */
  import: z.strictObject({
    upload: streamToken,
    sizeBytes: integer(0, 2 ** 46).optional(),
    /** Names the image; required for a root file system. Without it the archive's own names are taken, with it none of them. */
    reference: imageRef.optional(),
    /** Where `$/progress` goes (an {@link ImportProgress} each). */
    progressToken: z.union([z.string().max(64), z.number()]).optional(),
  }),
  /** `allNames`: an id stands for all names of the image, and none goes if a container uses it; `force` overrides that, too. */
  remove: z.strictObject({ image: imageRef, force: z.boolean().default(false), allNames: z.boolean().default(false) }),
  tag: z.strictObject({ image: imageRef, reference: imageRef }),
} as const;

export const imageResults = {
  list: z.strictObject({ images: z.array(imageSummary) }),
  import: z.strictObject({ images: z.array(imageSummary) }),
  upload: z.strictObject({ token: streamToken }),
  remove: z.strictObject({ untagged: z.array(z.string()), deleted: z.array(imageId) }),
} as const;
