// The JSON documents of an image, decoded once: what they may be, no more. A document has one shape: what could be read as a
// manifest and as an index is neither.
import { z } from 'zod';
import { invalidArchive } from '../failure.js';

/** A longer document is not read. */
export const DOCUMENT_MAX_BYTES = 4 * 2 ** 20;
/** Nor a longer config: much of it is kept in memory. */
export const CONFIG_MAX_BYTES = 2 ** 20;
const DEPTH_MAX = 64;
export const LAYERS_MAX = 256;

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';
const LAYER =
  /^application\/vnd\.(oci\.image\.layer\.(nondistributable\.)?v1\.tar(\+gzip|\+zstd)?|docker\.image\.rootfs\.(foreign\.)?diff\.tar(\.gzip|\.zstd)?)$/;

/** A layer that is a plain tar, and one that is compressed by gzip. */
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';
export const OCI_LAYER_GZIP = `${OCI_LAYER}+gzip`;

/** What an OCI manifest calls a layer that a Docker one names in its own way. */
export function ociLayerType(mediaType: string): string {
  const docker = /^application\/vnd\.docker\.image\.rootfs\.(foreign\.)?diff\.tar(\.gzip|\.zstd)?$/.exec(mediaType);
  if (docker === null) return mediaType;
  const [, foreign, compression] = docker;
  return `application/vnd.oci.image.layer.${foreign === undefined ? '' : 'nondistributable.'}v1.tar${(compression ?? '').replace('.', '+')}`;
}

/** Safe as a file's name: the check is this expression's. */
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be a sha256 digest');
const size = z
  .number()
  .int()
  .min(0)
  .max(2 ** 46);
const short = z.string().max(4096);
const annotations = z.record(z.string().max(1024), z.string().max(64 * 1024)).nullish();

const descriptor = z.looseObject({
  mediaType: z.string().max(256),
  digest,
  size,
  annotations,
  platform: z.looseObject({ architecture: short.nullish(), os: short.nullish(), variant: short.nullish() }).nullish(),
});
export type Descriptor = z.output<typeof descriptor>;

export const imageManifest = z
  .looseObject({
    schemaVersion: z.literal(2),
    mediaType: z.enum([OCI_MANIFEST, DOCKER_MANIFEST]).nullish(),
    config: descriptor,
    layers: z
      .array(descriptor.extend({ mediaType: z.string().regex(LAYER, 'is not a layer of an image') }))
      .min(1)
      .max(LAYERS_MAX),
  })
  .refine((document) => !('manifests' in document), 'is a manifest and an index at once');
export type ImageManifest = z.output<typeof imageManifest>;

export const imageIndex = z
  .looseObject({
    schemaVersion: z.literal(2),
    mediaType: z.enum([OCI_INDEX, DOCKER_INDEX]).nullish(),
    manifests: z.array(descriptor).max(1024),
  })
  .refine((document) => !('layers' in document) && !('config' in document), 'is an index and a manifest at once');
export type ImageIndex = z.output<typeof imageIndex>;

const words = z
  .array(z.string().max(128 * 1024))
  .max(4096)
  .nullish();
const textMap = z.record(z.string().max(256), z.string().max(64 * 1024)).nullish();
const keys = z.record(z.string().max(256), z.unknown()).nullish();

/** The OCI image config; Docker's is the same as far as it matters. Go writes null for what is empty. */
export const imageConfig = z.looseObject({
  architecture: z.string().max(64),
  os: z.literal('linux', 'is not for Linux'),
  created: short.nullish(),
  config: z
    .looseObject({
      User: short.nullish(),
      Env: words,
      Entrypoint: words,
      Cmd: words,
      WorkingDir: short.nullish(),
      Labels: textMap,
      ExposedPorts: keys,
      StopSignal: z.string().max(16).nullish(),
    })
    .nullish(),
  rootfs: z.looseObject({ type: z.literal('layers'), diff_ids: z.array(digest).min(1).max(LAYERS_MAX) }),
  history: z
    .array(
      z.looseObject({
        created: short.nullish(),
        created_by: z
          .string()
          .max(64 * 1024)
          .nullish(),
        comment: z
          .string()
          .max(64 * 1024)
          .nullish(),
        empty_layer: z.boolean().nullish(),
      }),
    )
    .max(4096)
    .nullish(),
});
export type ImageConfig = z.output<typeof imageConfig>;

/** `manifest.json` of a `docker save` archive. */
export const dockerManifest = z
  .array(
    z.looseObject({
      Config: short,
      RepoTags: z.array(short).max(256).nullish(),
      Layers: z.array(short).min(1).max(LAYERS_MAX),
    }),
  )
  .min(1)
  .max(256);
export type DockerManifest = z.output<typeof dockerManifest>;

/** Throws INVALID_ARCHIVE, naming `what` and the first thing that does not fit. */
export function decodeDocument<S extends z.ZodType>(schema: S, bytes: Buffer, what: string): z.output<S> {
  const text = bytes.toString('utf8');
  if (isTooDeep(text)) throw invalidArchive('is nested too deeply', what);
  const result = schema.safeParse(parse(text, what));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalidArchive([issue?.path.join('.'), issue?.message].filter(Boolean).join(' '), what);
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidArchive('is not JSON', what);
  }
}

/** Counts brackets outside of strings, before the parser recurses into them. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (inString && character === '\\') at += 1;
    else if (character === '"') inString = !inString;
    else if (!inString) depth += NESTING[character ?? ''] ?? 0;
    if (depth > DEPTH_MAX) return true;
  }
  return false;
}

const NESTING: Readonly<Record<string, number>> = { '[': 1, '{': 1, ']': -1, '}': -1 };
