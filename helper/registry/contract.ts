// What the helper and its registry process say to each other: one JSON text a line on one socket, and the bytes of blobs, raw, on
// others ("lanes"). Each side takes the other for hostile: the helper because that process reads the network, and it because
// what it asks for comes from users.
import { z } from 'zod';

/** The control socket's descriptor in the registry process; the lanes' follow. */
export const CONTROL_FD = 3;
export const LANES = 3;
/** Bytes of one line: an index, a manifest and a config, as base64. */
export const LINE_MAX = 16 * 2 ** 20;
export const DOCUMENT_MAX = 4 * 2 ** 20;

const short = z.string().min(1).max(512);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const id = z.number().int().min(1);
const size = z
  .number()
  .int()
  .min(0)
  .max(2 ** 46);

export const credential = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('password'), username: z.string().max(512), password: z.string().max(16_384) }),
  /** An OAuth2 refresh token ("identity token"). */
  z.strictObject({ kind: z.literal('identity-token'), token: z.string().min(1).max(16_384) }),
  /** A token that is sent as it is. */
  z.strictObject({ kind: z.literal('registry-token'), token: z.string().min(1).max(16_384) }),
]);
export type Credential = z.infer<typeof credential>;

/** How a registry is reached. */
export const endpoint = z.strictObject({
  /** As names have it: `docker.io`, `localhost:5000`. */
  registry: short,
  /** HTTP and certificates that nobody vouches for are taken, too. */
  insecure: z.boolean(),
  /** Base addresses that are asked first, in order, without the credential. */
  mirrors: z.array(z.string().max(512)).max(8),
  /** PEM: certificates of authorities that are trusted besides the system's. */
  authorities: z
    .string()
    .max(256 * 1024)
    .nullable(),
  /** The address of an HTTP proxy. */
  proxy: z.string().max(1024).nullable(),
  credential: credential.nullable(),
});
export type Endpoint = z.infer<typeof endpoint>;

export const platform = z.strictObject({ os: short, architecture: short, variant: short.nullable() });
export type Platform = z.infer<typeof platform>;

/** Of a document as base64. */
const documentText = (DOCUMENT_MAX / 3) * 4 + 4;
const repository = z.strictObject({ endpoint, repository: short });

export const methods = {
  /** Reads the manifest of `reference` (a tag or a digest) for the platform, and its config. */
  resolve: repository.extend({ reference: short, platform }),
  /** Writes the blob's bytes from `offset` on to the lane. */
  blob: repository.extend({
    digest,
    sizeBytes: size,
    offset: size,
    lane: z
      .number()
      .int()
      .min(0)
      .max(LANES - 1),
  }),
  /** Whether the repository has the blob; it may take it over from `from`, another one of the same registry. */
  hasBlob: repository.extend({ digest, from: short.nullable() }),
  /** Reads the blob's bytes, all of them, from the lane. */
  upload: repository.extend({
    digest,
    sizeBytes: size,
    lane: z
      .number()
      .int()
      .min(0)
      .max(LANES - 1),
  }),
  putManifest: repository.extend({ reference: short, mediaType: short, base64: z.string().max(documentText) }),
  tags: repository.extend({ most: z.number().int().min(1).max(10_000) }),
  repositories: z.strictObject({ endpoint, most: z.number().int().min(1).max(10_000) }),
  /** Whether the registry takes the credential. */
  check: z.strictObject({ endpoint }),
} as const;
export type Method = keyof typeof methods;
export type Params<M extends Method> = z.infer<(typeof methods)[M]>;

const document = z.strictObject({ digest, mediaType: z.string().max(256), base64: z.string().max(documentText) });
export const results = {
  /** `indexes`: those through which the manifest was found, outermost first. */
  resolve: z.strictObject({ indexes: z.array(document).max(2), manifest: document, config: document }),
  blob: z.strictObject({}),
  hasBlob: z.strictObject({ has: z.boolean() }),
  upload: z.strictObject({}),
  putManifest: z.strictObject({ digest }),
  tags: z.strictObject({ names: z.array(z.string().max(256)).max(10_000), isComplete: z.boolean() }),
  repositories: z.strictObject({ names: z.array(z.string().max(256)).max(10_000), isComplete: z.boolean() }),
  check: z.strictObject({}),
} as const;
export type Result<M extends Method> = z.infer<(typeof results)[M]>;
export type Document = z.infer<typeof document>;

export const PROBLEMS = [
  /** It wants a credential, or does not take this one. */
  'unauthorized',
  /** The credential does not allow it. */
  'denied',
  'not-found',
  /** No answer, or the connection broke again and again. */
  'unreachable',
  /** Its certificate is nobody's that is trusted. */
  'certificate',
  'rate-limited',
  /** It said that something is wrong with itself. */
  'server',
  /** It said what no registry says. */
  'malformed',
  /** What it has is of a kind that can't be used: an image for another platform, an old manifest, layers kept elsewhere. */
  'unsupported',
  'cancelled',
] as const;
export const problem = z.strictObject({ kind: z.enum(PROBLEMS), host: z.string().max(512), detail: z.string().max(1024) });
export type Problem = z.infer<typeof problem>;

/** From the helper. */
export const request = z.union([
  z.strictObject({ id, method: z.string().max(32), params: z.unknown() }),
  /** Ends a request that is under way; it is answered all the same. */
  z.strictObject({ cancel: id }),
]);
/** From the registry process. */
export const answer = z.union([z.strictObject({ id, result: z.unknown() }), z.strictObject({ id, problem })]);
