// Manifests and configs for what comes without: a `docker save` archive, a root file system. Pure.
import type { Unpacked } from '../../kernel/kernel.js';
import { OCI_CONFIG, OCI_MANIFEST } from './documents.js';
import { sha256 } from './digest.js';
import type { Document } from './archive/candidate.js';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface LayerFacts {
  readonly mediaType: string;
  readonly digest: string;
  readonly sizeBytes: number;
}

export function makeManifest(config: Document, layers: readonly LayerFacts[]): Document {
  return document({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: config.digest, size: config.bytes.length },
    layers: layers.map(({ mediaType, digest, sizeBytes }) => ({ mediaType, digest, size: sizeBytes })),
  });
}

/** For a root file system: a shell, and nothing that the tarball does not say itself. The same tarball gives the same image. */
export function makeConfig(architecture: string, { diffId }: Unpacked): Document {
  return document({
    architecture,
    os: 'linux',
    config: { Env: [PATH], Cmd: ['/bin/sh'] },
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created_by: 'import of a root file system' }],
  });
}

export function document(value: object): Document {
  const bytes = Buffer.from(JSON.stringify(value));
  return { digest: sha256(bytes), bytes };
}
