// The images of an OCI image layout. Every document is verified against its descriptor before it is decoded.
import { invalidArchive } from '../../failure.js';
import { sha256 } from '../digest.js';
import { decodeDocument, imageConfig, imageIndex, imageManifest, type Descriptor, type ImageManifest } from '../documents.js';
import type { Candidate, CandidateLayer, Document } from './candidate.js';
import type { OuterArchive } from './outerArchive.js';

/** What an index may hold: indexes in indexes, so deep. */
const INDEX_DEPTH = 3;
const INDEX_MEDIA_TYPE = /\.(image\.index\.v1|distribution\.manifest\.list\.v2)\+json$/;
const NAMES = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'];

/** Those for Linux on `architecture`. Throws INVALID_ARCHIVE; also when there is none. */
export async function imagesOfLayout(archive: OuterArchive, architecture: string): Promise<readonly Candidate[]> {
  const bytes = await archive.readDocument('index.json');
  const index = decodeDocument(imageIndex, bytes, 'index.json');
  const reader = new LayoutReader(archive, architecture);
  const candidates: Candidate[] = [];
  for (const descriptor of index.manifests) candidates.push(...(await reader.read(descriptor, [], INDEX_DEPTH)));
  if (candidates.length === 0) throw invalidArchive(`holds no image for linux/${architecture}`);
  return candidates;
}

class LayoutReader {
  constructor(
    private readonly archive: OuterArchive,
    private readonly architecture: string,
  ) {}

  async read(descriptor: Descriptor, inherited: readonly string[], depth: number): Promise<readonly Candidate[]> {
    if (!this.isForHere(descriptor)) return [];
    const names = [...inherited, ...namesOf(descriptor)];
    if (INDEX_MEDIA_TYPE.test(descriptor.mediaType)) return this.readIndex(descriptor, names, depth);
    return [await this.readManifest(descriptor, names)];
  }

  private async readIndex(descriptor: Descriptor, names: readonly string[], depth: number): Promise<readonly Candidate[]> {
    if (depth === 0) throw invalidArchive('its indexes are nested too deeply');
    const { bytes } = await this.document(descriptor);
    const index = decodeDocument(imageIndex, bytes, descriptor.digest);
    const found: Candidate[] = [];
    for (const inner of index.manifests) found.push(...(await this.read(inner, names, depth - 1)));
    // One of several that fit (variants of a processor): the first is the most general.
    return found.slice(0, 1);
  }

  private async readManifest(descriptor: Descriptor, names: readonly string[]): Promise<Candidate> {
    const document = await this.document(descriptor);
    const manifest = decodeDocument(imageManifest, document.bytes, descriptor.digest);
    if (manifest.mediaType !== undefined && manifest.mediaType !== null && manifest.mediaType !== descriptor.mediaType) {
      throw invalidArchive('its media type is not that of its descriptor', descriptor.digest);
    }
    const config = await this.document(manifest.config);
    const decodedConfig = decodeDocument(imageConfig, config.bytes, manifest.config.digest);
    return { names, manifest: document, config, decodedConfig, layers: this.layers(manifest, decodedConfig.rootfs.diff_ids) };
  }

  private layers(manifest: ImageManifest, diffIds: readonly string[]): readonly CandidateLayer[] {
    if (diffIds.length !== manifest.layers.length) throw invalidArchive('its manifest and its config differ in the number of layers');
    return manifest.layers.map((layer, index) => {
      const member = this.archive.get(blobName(layer.digest));
      if (member.sizeBytes !== layer.size) throw invalidArchive('is not as long as its descriptor says', layer.digest);
      return { file: member.file, digest: layer.digest, sizeBytes: layer.size, mediaType: layer.mediaType, diffId: diffIds[index] ?? '' };
    });
  }

  private async document(descriptor: Descriptor): Promise<Document> {
    const bytes = await this.archive.readDocument(blobName(descriptor.digest));
    if (bytes.length !== descriptor.size) throw invalidArchive('is not as long as its descriptor says', descriptor.digest);
    if (sha256(bytes) !== descriptor.digest) throw invalidArchive('does not have its digest', descriptor.digest);
    return { digest: descriptor.digest, bytes };
  }

  private isForHere({ platform }: Descriptor): boolean {
    if (platform === undefined || platform === null) return true;
    return (platform.os ?? 'linux') === 'linux' && (platform.architecture ?? this.architecture) === this.architecture;
  }
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** The first that says more than a tag: `latest` alone names nothing. */
function namesOf({ annotations }: Descriptor): readonly string[] {
  const names = NAMES.map((key) => annotations?.[key]).filter((name) => name !== undefined);
  return names.filter((name) => /[:/]/.test(name)).slice(0, 1);
}
