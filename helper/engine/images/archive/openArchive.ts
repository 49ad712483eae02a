// Finds out what an upload is, and what images it holds.
import { errnoName, Failure, invalidArchive, withoutSpace } from '../../failure.js';
import type { Kernel } from '../../../kernel/kernel.js';
import type { Candidate } from './candidate.js';
import { compressionOf } from './compression.js';
import { imagesOfDockerArchive, namesByConfig } from './dockerArchive.js';
import { imagesOfLayout } from './ociLayout.js';
import type { OuterArchive } from './outerArchive.js';
import { readOuter, type OuterLimits } from './readOuter.js';

export type Opened = { readonly kind: 'images'; readonly candidates: readonly Candidate[] } | { readonly kind: 'root-file-system' };

export interface OpenRequest {
  readonly file: string;
  /** An empty folder for the members. */
  readonly folder: string;
  readonly architecture: string;
  readonly limits: OuterLimits & { readonly maxImages: number };
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Throws INVALID_ARCHIVE, LIMIT, NO_SPACE, the signal's reason. */
export async function openArchive(kernel: Kernel, request: OpenRequest): Promise<Opened> {
  const compression = await compressionOf(request.file);
  if (compression === 'xz' || compression === 'bzip2') throw invalidArchive(`${compression} is not supported: use gzip, zstd or none`);
  const file = compression === 'zstd' ? await decompressed(kernel, request) : request.file;
  try {
    const outer = await readOuter({ file, gzip: compression === 'gzip' }, request.folder, request.limits, request.onBytes, request.signal);
    return outer === null
      ? { kind: 'root-file-system' }
      : { kind: 'images', candidates: await imagesOf(outer, request.architecture, request.limits.maxImages) };
  } catch (error) {
    throw withoutSpace(error);
  }
}

async function imagesOf(outer: OuterArchive, architecture: string, maxImages: number): Promise<readonly Candidate[]> {
  if (!outer.has('index.json')) {
    if (outer.has('manifest.json')) return imagesOfDockerArchive(outer, architecture, maxImages);
    throw invalidArchive('it has neither index.json nor manifest.json');
  }
  const names = await namesByConfig(outer);
  const candidates = await imagesOfLayout(outer, architecture, maxImages);
  return candidates.map((candidate) => ({ ...candidate, names: [...candidate.names, ...(names.get(candidate.config.digest) ?? [])] }));
}

/** Node 20 knows no zstd: the native side does it. */
async function decompressed(kernel: Kernel, request: OpenRequest): Promise<string> {
  const target = `${request.file}.plain`;
  try {
    await kernel.decompress(request.file, target, request.limits.maxBytes);
    return target;
  } catch (error) {
    if (errnoName(error) === 'EFBIG') throw new Failure('LIMIT', { reason: 'the archive is too big' }, { cause: error });
    if (errnoName(error) === 'EBADMSG') throw invalidArchive('its zstd data is corrupt');
    throw withoutSpace(error);
  }
}
