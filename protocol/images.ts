// Images on the wire.
import { z } from 'zod';
import { imageId, imageRef, integer, labels, nonEmpty, streamToken, text, timestampMs } from './scalars.js';

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

/** A login at a registry; it is used for the one call, and kept nowhere. */
export const credential = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('password'), username: text(512), password: text(16_384) }),
  z.strictObject({ kind: z.literal('identity-token'), token: nonEmpty(16_384) }),
  z.strictObject({ kind: z.literal('registry-token'), token: nonEmpty(16_384) }),
]);
export type Credential = z.infer<typeof credential>;

/** How a registry is reached; what is left out: over TLS, with the system's authorities, without a login. */
export const registryAccess = z.strictObject({
  /** As names have it: `docker.io`, `localhost:5000`. */
  registry: nonEmpty(255),
  /** HTTP, and certificates that nobody vouches for, are taken, too. */
  insecure: z.boolean().default(false),
  /** Addresses (`https://…`) that are asked first, in order, without the credential. */
  mirrors: z.array(nonEmpty(512)).max(8).default([]),
  /** PEM: authorities that are trusted besides the system's. */
  authorities: nonEmpty(256 * 1024).optional(),
  /** An HTTP proxy's address. */
  proxy: nonEmpty(1024).optional(),
  credential: credential.optional(),
});
export type RegistryAccess = z.infer<typeof registryAccess>;
export type RegistryAccessInput = z.input<typeof registryAccess>;

const pullId = z.string().regex(/^[0-9a-f]{32}$/);

/** A pull that goes on, as every window of its owner shows it. */
export const pullSummary = z.strictObject({
  id: pullId,
  ownerUid: integer(0, 2 ** 32 - 1),
  /** `name:tag`, or `name@sha256:…`, as it was asked for. */
  reference: z.string(),
  startedMs: timestampMs,
  phase: z.enum(['resolving', 'downloading', 'unpacking', 'committing']),
  /** Lowest first; empty until the manifest is there. */
  layers: z.array(
    z.strictObject({
      digest: z.string(),
      sizeBytes: z.number(),
      /** Bytes that have come, and that have been unpacked of them. */
      downloadedBytes: z.number(),
      unpackedBytes: z.number(),
      /** It was in the store already. */
      isPresent: z.boolean(),
    }),
  ),
  /** Of what has to be fetched. */
  totalBytes: z.number().nullable(),
  downloadedBytes: z.number(),
  /** Over the last seconds; null: not known yet. */
  bytesPerSecond: z.number().nullable(),
});
export type PullSummary = z.infer<typeof pullSummary>;

/** Where a push is: bytes that the registry has, of all. */
export const pushProgress = z.strictObject({ doneBytes: z.number(), totalBytes: z.number() });
export type PushProgress = z.infer<typeof pushProgress>;

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
  /** `references`: the first that its registry has is taken (a short name may stand for several). `registries`: those that need a word. */
  pull: z.strictObject({
    references: z.array(imageRef).min(1).max(8),
    registries: z.array(registryAccess).max(16).default([]),
    /** `os/architecture[/variant]`; this machine's, unless given. */
    platform: z
      .string()
      .regex(/^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9.]+)?$/)
      .max(64)
      .optional(),
  }),
  cancelPull: z.strictObject({ id: pullId }),
  /** The caller's images that no container uses: those without a name, or all; `untilMs`: only those imported before; `dryRun`: nothing is removed. */
  prune: z.strictObject({ all: z.boolean().default(false), untilMs: timestampMs.optional(), dryRun: z.boolean().default(false) }),
  /** Several images become one archive: an OCI layout that is a `docker save` archive as well. */
  save: z.strictObject({ images: z.array(imageRef).min(1).max(64) }),
  push: z.strictObject({
    image: imageRef,
    /** Where to; the image's own name, unless given. */
    reference: imageRef.optional(),
    registry: registryAccess.optional(),
    /** Where `$/progress` goes (a {@link PushProgress} each). */
    progressToken: z.union([z.string().max(64), z.number()]).optional(),
  }),
  tags: z.strictObject({ repository: imageRef, access: registryAccess, most: integer(1, 10_000).default(1000) }),
  repositories: z.strictObject({ access: registryAccess, most: integer(1, 10_000).default(1000) }),
  login: z.strictObject({ access: registryAccess }),
} as const;

export const imageResults = {
  list: z.strictObject({ images: z.array(imageSummary) }),
  import: z.strictObject({ images: z.array(imageSummary) }),
  upload: z.strictObject({ token: streamToken }),
  remove: z.strictObject({ untagged: z.array(z.string()), deleted: z.array(imageId) }),
  /** `isNew`: the store did not have it, or not for this caller. `reference`: which of those asked for. */
  pull: z.strictObject({ image: imageSummary, reference: z.string(), isNew: z.boolean() }),
  prune: z.strictObject({ images: z.array(imageSummary), freedBytes: z.number() }),
  usage: z.strictObject({
    images: z.array(z.strictObject({ id: imageId, ownBytes: z.number(), sharedBytes: z.number(), containers: z.array(z.string()) })),
    /** Bytes of all that the caller sees, what is shared counted once. */
    totalBytes: z.number(),
  }),
  /** `token`: the stream that carries the archive; `sizeBytes`: how long it will be. */
  save: z.strictObject({ token: streamToken, sizeBytes: z.number() }),
  /** The digest of the manifest at the registry. */
  push: z.strictObject({ reference: z.string(), digest: imageId, pushedBytes: z.number() }),
  names: z.strictObject({ names: z.array(z.string()), isComplete: z.boolean() }),
} as const;
