// The images of a `docker save` archive: manifest.json names config and layers. It has no OCI manifest; one is made from it.
import { invalidArchive } from '../../failure.js';
import { sha256 } from '../digest.js';
import { CONFIG_MAX_BYTES, decodeDocument, dockerManifest, imageConfig, type DockerManifest, type ImageConfig } from '../documents.js';
import type { Candidate, CandidateLayer, Document } from './candidate.js';
import { Candidates } from './candidates.js';
import { compressionOf } from './compression.js';
import type { OuterArchive } from './outerArchive.js';

/** Those for Linux on `architecture`. Throws INVALID_ARCHIVE; also when there is none. LIMIT. */
export async function imagesOfDockerArchive(archive: OuterArchive, architecture: string, maxImages: number): Promise<readonly Candidate[]> {
  const reader = new DockerReader(archive);
  const candidates = new Candidates(maxImages);
  const foreign = new Set<string>();
  for (const image of await readManifest(archive)) {
    const found = await reader.read(image);
    if (found.decodedConfig.architecture === architecture) candidates.add(JSON.stringify([found.config.digest, image.Layers]), found);
    else foreign.add(`linux/${found.decodedConfig.architecture}`);
  }
  const all = candidates.all();
  if (all.length === 0) throw invalidArchive(`holds no image for linux/${architecture}, only for ${[...foreign].slice(0, 4).join(', ')}`);
  return all;
}

/** The names that manifest.json gives to configs; for an archive that is an OCI layout too. */
export async function namesByConfig(archive: OuterArchive): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = new Map<string, readonly string[]>();
  if (!archive.has('manifest.json')) return names;
  const reader = new DockerReader(archive);
  for (const image of await readManifest(archive)) {
    const { digest } = await reader.configDocument(image.Config);
    names.set(digest, [...(names.get(digest) ?? []), ...(image.RepoTags ?? [])]);
  }
  return names;
}

async function readManifest(archive: OuterArchive): Promise<DockerManifest> {
  const bytes = await archive.readDocument('manifest.json');
  return decodeDocument(dockerManifest, bytes, 'manifest.json');
}

/** Reads and decodes each config once, however many images name it. */
class DockerReader {
  private readonly documents = new Map<string, Promise<Document>>();
  private readonly decoded = new Map<string, ImageConfig>();

  constructor(private readonly archive: OuterArchive) {}

  async read(image: DockerManifest[number]): Promise<Candidate> {
    const config = await this.configDocument(image.Config);
    const decodedConfig = this.decoded.get(config.digest) ?? decodeDocument(imageConfig, config.bytes, image.Config);
    this.decoded.set(config.digest, decodedConfig);
    const diffIds = decodedConfig.rootfs.diff_ids;
    if (diffIds.length !== image.Layers.length) throw invalidArchive('its manifest and its config differ in the number of layers', image.Config);
    const layers = await Promise.all(image.Layers.map((name, index) => layer(this.archive, name, diffIds[index] ?? '')));
    return { names: image.RepoTags ?? [], manifest: null, config, decodedConfig, layers };
  }

  /** A config that is named after its digest has to have it. */
  async configDocument(name: string): Promise<Document> {
    const reading = this.documents.get(name) ?? this.readConfig(name);
    this.documents.set(name, reading);
    return reading;
  }

  private async readConfig(name: string): Promise<Document> {
    const bytes = await this.archive.readDocument(name, CONFIG_MAX_BYTES);
    const digest = sha256(bytes);
    const named = /([0-9a-f]{64})(\.json)?$/.exec(name)?.[1];
    if (named !== undefined && `sha256:${named}` !== digest) throw invalidArchive('does not have its digest', name);
    return { digest, bytes };
  }
}

async function layer(archive: OuterArchive, name: string, diffId: string): Promise<CandidateLayer> {
  const { file, sizeBytes } = archive.get(name);
  return { file, digest: null, sizeBytes, mediaType: await layerMediaType(file), diffId };
}

const MEDIA_TYPES = {
  none: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
} as const;

/** Throws INVALID_ARCHIVE for a compression that layers don't have. */
export async function layerMediaType(file: string): Promise<string> {
  const compression = await compressionOf(file);
  if (compression === 'xz' || compression === 'bzip2') throw invalidArchive(`${compression} is not supported: use gzip, zstd or none`);
  return MEDIA_TYPES[compression];
}
