// The images of a `docker save` archive: manifest.json names config and layers. It has no OCI manifest; one is made from it.
import { invalidArchive } from '../../failure.js';
import { sha256 } from '../digest.js';
import { decodeDocument, dockerManifest, imageConfig, type DockerManifest } from '../documents.js';
import type { Candidate, CandidateLayer, Document } from './candidate.js';
import { compressionOf } from './compression.js';
import type { OuterArchive } from './outerArchive.js';

/** Throws INVALID_ARCHIVE. */
export async function imagesOfDockerArchive(archive: OuterArchive): Promise<readonly Candidate[]> {
  const manifest = await readManifest(archive);
  const candidates: Candidate[] = [];
  for (const image of manifest) candidates.push(await candidate(archive, image));
  return candidates;
}

/** The names that manifest.json gives to configs; for an archive that is an OCI layout too. */
export async function namesByConfig(archive: OuterArchive): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = new Map<string, readonly string[]>();
  if (!archive.has('manifest.json')) return names;
  for (const image of await readManifest(archive)) {
    const { digest } = await configDocument(archive, image.Config);
    names.set(digest, image.RepoTags ?? []);
  }
  return names;
}

async function readManifest(archive: OuterArchive): Promise<DockerManifest> {
  const bytes = await archive.readDocument('manifest.json');
  return decodeDocument(dockerManifest, bytes, 'manifest.json');
}

async function candidate(archive: OuterArchive, image: DockerManifest[number]): Promise<Candidate> {
  const config = await configDocument(archive, image.Config);
  const decodedConfig = decodeDocument(imageConfig, config.bytes, image.Config);
  const diffIds = decodedConfig.rootfs.diff_ids;
  if (diffIds.length !== image.Layers.length) throw invalidArchive('its manifest and its config differ in the number of layers', image.Config);
  const layers = await Promise.all(image.Layers.map((name, index) => layer(archive, name, diffIds[index] ?? '')));
  return { names: image.RepoTags ?? [], manifest: null, config, decodedConfig, layers };
}

/** A config that is named after its digest has to have it. */
async function configDocument(archive: OuterArchive, name: string): Promise<Document> {
  const bytes = await archive.readDocument(name);
  const digest = sha256(bytes);
  const named = /([0-9a-f]{64})(\.json)?$/.exec(name)?.[1];
  if (named !== undefined && `sha256:${named}` !== digest) throw invalidArchive('does not have its digest', name);
  return { digest, bytes };
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
