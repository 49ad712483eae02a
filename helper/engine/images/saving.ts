// Images as one archive: an OCI image layout, with the manifest.json by which `docker load` reads the same blobs. The same images
// give the same bytes.
import { createReadStream } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Header } from 'tar';
import type { ImageStore } from '../../store/imageStore.js';
import { OCI_INDEX } from './documents.js';
import type { PortableImage } from './packing.js';

export interface SavedImage {
  readonly portable: PortableImage;
  /** `name:tag` each, as the archive will name it; none: it is found by its id. */
  readonly references: readonly string[];
}

interface Member {
  readonly name: string;
  readonly sizeBytes: number;
  /** A blob of the store, or the bytes themselves. */
  readonly content: { readonly digest: string } | { readonly bytes: Buffer };
}

const BLOCK = 512;
const END = Buffer.alloc(2 * BLOCK);

export class SavedArchive {
  private constructor(
    private readonly store: ImageStore,
    private readonly members: readonly Member[],
  ) {}

  static async of(store: ImageStore, saved: readonly SavedImage[]): Promise<SavedArchive> {
    const blobs = new Map(saved.flatMap(({ portable }) => [portable.configDigest, ...portable.layerDigests]).map((digest) => [digest, 0]));
    for (const digest of blobs.keys()) blobs.set(digest, await store.blobSize(digest));
    const documents = { 'index.json': indexOf(saved), 'manifest.json': dockerManifestOf(saved), 'oci-layout': { imageLayoutVersion: '1.0.0' } };
    const members = [
      ...Object.entries(documents).map(([name, document]) => bytesMember(name, Buffer.from(JSON.stringify(document)))),
      ...saved.map(({ portable }) => bytesMember(blobName(portable.id), portable.manifest)),
      ...[...blobs].map(([digest, sizeBytes]) => ({ name: blobName(digest), sizeBytes, content: { digest } })),
    ];
    return new SavedArchive(
      store,
      members.sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  }

  get sizeBytes(): number {
    return this.members.reduce((sum, { sizeBytes }) => sum + BLOCK + padded(sizeBytes), 0) + END.length;
  }

  async write(sink: Writable, signal: AbortSignal): Promise<void> {
    await pipeline(Readable.from(this.pieces()), sink, { signal });
  }

  private async *pieces(): AsyncGenerator<Buffer> {
    for (const { name, sizeBytes, content } of this.members) {
      yield headerOf(name, sizeBytes);
      if ('bytes' in content) yield content.bytes;
      else yield* createReadStream(this.store.blobPath(content.digest), { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>;
      yield Buffer.alloc(padded(sizeBytes) - sizeBytes);
    }
    yield END;
  }
}

function indexOf(saved: readonly SavedImage[]): object {
  const descriptor = ({ id, mediaType, manifest }: PortableImage) => ({ mediaType, digest: id, size: manifest.length });
  const manifests = saved.flatMap(({ portable, references }) =>
    references.length === 0 ? [descriptor(portable)] : references.map((name) => ({ ...descriptor(portable), annotations: annotationsOf(name) })),
  );
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
}

/** By the first skopeo and podman find an image in a layout, by the second containerd, Docker and we ourselves. */
function annotationsOf(reference: string): object {
  return { 'org.opencontainers.image.ref.name': reference, 'io.containerd.image.name': fullName(reference) };
}

function fullName(reference: string): string {
  const first = reference.split('/')[0] ?? '';
  if (reference.includes('/') && (/[.:]/.test(first) || first === 'localhost')) return reference;
  return `docker.io/${reference.includes('/') ? reference : `library/${reference}`}`;
}

function dockerManifestOf(saved: readonly SavedImage[]): object {
  return saved.map(({ portable, references }) => ({
    Config: blobName(portable.configDigest),
    RepoTags: references.length === 0 ? null : [...references],
    Layers: portable.layerDigests.map(blobName),
  }));
}

const blobName = (digest: string): string => `blobs/sha256/${digest.slice('sha256:'.length)}`;
const padded = (bytes: number): number => Math.ceil(bytes / BLOCK) * BLOCK;

function bytesMember(name: string, bytes: Buffer): Member {
  return { name, sizeBytes: bytes.length, content: { bytes } };
}

function headerOf(path: string, size: number): Buffer {
  const header = new Header({ path, size, mode: 0o644, type: 'File', mtime: new Date(0), uid: 0, gid: 0 });
  header.encode();
  if (header.block === undefined) throw new Error('a header of an archive could not be written');
  return header.block;
}
