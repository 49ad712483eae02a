// The images of an OCI image layout. Every document is verified against its descriptor before it is decoded, and decoded once,
// however many descriptors name it.
import { invalidArchive } from '../../failure.js';
import { sha256 } from '../digest.js';
import { CONFIG_MAX_BYTES, decodeDocument, imageConfig, imageIndex, imageManifest, type Descriptor, type ImageManifest } from '../documents.js';
import type { Candidate, CandidateLayer, Document } from './candidate.js';
import { Candidates } from './candidates.js';
import type { OuterArchive } from './outerArchive.js';

/** What an index may hold: indexes in indexes, so deep. */
const INDEX_DEPTH = 3;
const INDEX_MEDIA_TYPE = /\.(image\.index\.v1|distribution\.manifest\.list\.v2)\+json$/;
const NAMES = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'];

/** Those for Linux on `architecture`. Throws INVALID_ARCHIVE; also when there is none. LIMIT. */
export async function imagesOfLayout(archive: OuterArchive, architecture: string, maxImages: number): Promise<readonly Candidate[]> {
  const bytes = await archive.readDocument('index.json');
  const index = decodeDocument(imageIndex, bytes, 'index.json');
  const reader = new LayoutReader(archive, architecture);
  const candidates = new Candidates(maxImages);
  for (const descriptor of index.manifests) {
    const found = await reader.read(descriptor, INDEX_DEPTH);
    if (found !== null) candidates.add(descriptor.digest, found);
  }
  const all = candidates.all();
  if (all.length === 0) throw invalidArchive(`holds no image for linux/${architecture}`);
  return all;
}

class LayoutReader {
  /** By digest: what an index or a manifest comes to, without the names of the descriptor; null: nothing for here. */
  private readonly known = new Map<string, Candidate | null>();

  constructor(
    private readonly archive: OuterArchive,
    private readonly architecture: string,
  ) {}

  async read(descriptor: Descriptor, depth: number): Promise<Candidate | null> {
    if (!this.isForHere(descriptor)) return null;
    const known = this.known.get(descriptor.digest);
    const found = known === undefined ? await this.readNew(descriptor, depth) : known;
    this.known.set(descriptor.digest, found);
    return found === null ? null : { ...found, names: [...namesOf(descriptor), ...found.names] };
  }

  private readNew(descriptor: Descriptor, depth: number): Promise<Candidate | null> {
    return INDEX_MEDIA_TYPE.test(descriptor.mediaType) ? this.readIndex(descriptor, depth) : this.readManifest(descriptor);
  }

  /** One of several that fit (variants of a processor): the first is the most general. */
  private async readIndex(descriptor: Descriptor, depth: number): Promise<Candidate | null> {
    if (depth === 0) throw invalidArchive('its indexes are nested too deeply');
    const { bytes } = await this.document(descriptor);
    const index = decodeDocument(imageIndex, bytes, descriptor.digest);
    for (const inner of index.manifests) {
      const found = await this.read(inner, depth - 1);
      if (found !== null) return found;
    }
    return null;
  }

  /** A descriptor without a platform says nothing of it: the config does. */
  private async readManifest(descriptor: Descriptor): Promise<Candidate | null> {
    const document = await this.document(descriptor);
    const manifest = decodeDocument(imageManifest, document.bytes, descriptor.digest);
    if (manifest.mediaType !== undefined && manifest.mediaType !== null && manifest.mediaType !== descriptor.mediaType) {
      throw invalidArchive('its media type is not that of its descriptor', descriptor.digest);
    }
    const config = await this.document(manifest.config, CONFIG_MAX_BYTES);
    const decodedConfig = decodeDocument(imageConfig, config.bytes, manifest.config.digest);
    if (decodedConfig.architecture !== this.architecture) return null;
    return { names: [], manifest: document, config, decodedConfig, layers: this.layers(manifest, decodedConfig.rootfs.diff_ids) };
  }

  private layers(manifest: ImageManifest, diffIds: readonly string[]): readonly CandidateLayer[] {
    if (diffIds.length !== manifest.layers.length) throw invalidArchive('its manifest and its config differ in the number of layers');
    return manifest.layers.map((layer, index) => {
      const member = this.archive.get(blobName(layer.digest));
      if (member.sizeBytes !== layer.size) throw invalidArchive('is not as long as its descriptor says', layer.digest);
      return { file: member.file, digest: layer.digest, sizeBytes: layer.size, mediaType: layer.mediaType, diffId: diffIds[index] ?? '' };
    });
  }

  private async document(descriptor: Descriptor, maxBytes?: number): Promise<Document> {
    const bytes = await this.archive.readDocument(blobName(descriptor.digest), maxBytes);
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
