// From a tag or a digest to an image's manifest and config, through the indexes in between. All bytes are handed on as they came:
// their digests are what the helper goes by.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readBody } from './body.js';
import type { RegistryClient } from './client.js';
import { DOCUMENT_MAX, type Document, type Platform, type Result } from './contract.js';
import { choose, offers } from './platform.js';
import { RegistryProblem } from './problems.js';
import { retried } from './retry.js';

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json';
const ACCEPT = [OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST].join(', ');
const OLD = /^application\/vnd\.docker\.distribution\.manifest\.v1\+(json|prettyjws)$/;
const INDEX_DEPTH = 2;
const CONFIG_MAX = 2 ** 20;

const descriptor = z.looseObject({ digest: z.string().regex(/^sha256:[0-9a-f]{64}$/), size: z.number().int().min(0) });
const short = z.string().max(256).nullish();
const index = z.looseObject({
  manifests: z.array(descriptor.extend({ platform: z.looseObject({ os: short, architecture: short, variant: short }).nullish() })).max(1024),
});
const manifest = z.looseObject({ config: descriptor });

export interface Wanted {
  readonly repository: string;
  readonly reference: string;
  readonly platform: Platform;
}

export async function resolve(client: RegistryClient, wanted: Wanted, signal: AbortSignal): Promise<Result<'resolve'>> {
  const indexes: Document[] = [];
  let { reference } = wanted;
  for (;;) {
    const found = await fetchManifest(client, wanted.repository, reference, signal);
    if (!isIndex(found)) {
      const { config } = parse(manifest, found, client);
      return { indexes, manifest: found, config: await fetchConfig(client, wanted.repository, config, signal) };
    }
    if (indexes.length === INDEX_DEPTH) throw new RegistryProblem('malformed', client.registry, 'its indexes lead to indexes without end');
    indexes.push(found);
    reference = choice(client, parse(index, found, client).manifests, wanted.platform).digest;
  }
}

function choice<T extends z.infer<typeof index>['manifests'][number]>(client: RegistryClient, manifests: readonly T[], platform: Platform): T {
  const chosen = choose(manifests, platform);
  if (chosen !== null) return chosen;
  const wanted = [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
  throw new RegistryProblem('unsupported', client.registry, `the image is not for ${wanted}, but for ${offers(manifests) || 'no platform at all'}`);
}

async function fetchManifest(client: RegistryClient, repository: string, reference: string, signal: AbortSignal): Promise<Document> {
  const path = `${repository}/manifests/${encodeURIComponent(reference)}`;
  const { bytes, mediaType } = await fetchDocument(client, { repository, path, headers: { accept: ACCEPT }, most: DOCUMENT_MAX, signal });
  if (OLD.test(mediaType))
    throw new RegistryProblem('unsupported', client.registry, 'its manifest is of version 1, which nobody has written since 2017: push the image anew');
  const document = { digest: digestOf(bytes), mediaType, base64: bytes.toString('base64') };
  if (reference.startsWith('sha256:') && document.digest !== reference)
    throw new RegistryProblem('malformed', client.registry, `what it has as ${reference} is something else`);
  return document;
}

async function fetchConfig(client: RegistryClient, repository: string, wanted: z.infer<typeof descriptor>, signal: AbortSignal): Promise<Document> {
  if (wanted.size > CONFIG_MAX) throw new RegistryProblem('unsupported', client.registry, `its config is longer than ${CONFIG_MAX} bytes`);
  const path = `${repository}/blobs/${wanted.digest}`;
  const { bytes, mediaType } = await fetchDocument(client, { repository, path, headers: {}, most: wanted.size, signal });
  const digest = digestOf(bytes);
  if (digest !== wanted.digest) throw new RegistryProblem('malformed', client.registry, `what it has as ${wanted.digest} is something else`);
  return { digest, mediaType, base64: bytes.toString('base64') };
}

interface DocumentAsked {
  readonly repository: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly most: number;
  readonly signal: AbortSignal;
}

function fetchDocument(client: RegistryClient, asked: DocumentAsked): Promise<{ readonly bytes: Buffer; readonly mediaType: string }> {
  const { path, headers, signal } = asked;
  return retried(async () => {
    const answer = await client.get({ path, headers, scope: pullScope(asked.repository), signal });
    const mediaType = (answer.headers['content-type'] ?? '').split(';')[0]?.trim().slice(0, 256) ?? '';
    return { bytes: await readBody(answer, asked.most), mediaType };
  }, signal);
}

/** By its shape first: some registries get the type wrong, and the helper checks again that it is one of the two only. */
function isIndex(document: Document): boolean {
  if (document.mediaType === OCI_INDEX || document.mediaType === DOCKER_INDEX) return true;
  if (document.mediaType === OCI_MANIFEST || document.mediaType === DOCKER_MANIFEST) return false;
  return /"manifests"\s*:/.test(Buffer.from(document.base64, 'base64').toString('utf8'));
}

function parse<S extends z.ZodType>(schema: S, { base64 }: Document, client: RegistryClient): z.infer<S> {
  try {
    return schema.parse(JSON.parse(Buffer.from(base64, 'base64').toString('utf8')));
  } catch {
    throw new RegistryProblem('malformed', client.registry, 'its manifest is none');
  }
}

export function pullScope(repository: string): string {
  return `repository:${repository}:pull`;
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
