// From an image's manifest and config to what the engine knows of it. Pure.
import type { ImageDefaults } from '../../../protocol/images.js';
import { invalidArchive } from '../failure.js';
import { sha256 } from './digest.js';
import { OCI_MANIFEST, type ImageConfig, type ImageManifest } from './documents.js';
import type { HistoryEntry, ImageContent, ImageLayer } from './image.js';

export interface ManifestFacts {
  readonly digest: string;
  readonly sizeBytes: number;
}

/** Throws INVALID_ARCHIVE when manifest and config don't belong together. */
export function imageContent(facts: ManifestFacts, manifest: ImageManifest, config: ImageConfig): ImageContent {
  const layers = layersOf(manifest, config);
  const documentBytes = facts.sizeBytes + manifest.config.size;
  return {
    id: facts.digest,
    manifestBytes: facts.sizeBytes,
    manifestMediaType: manifest.mediaType ?? OCI_MANIFEST,
    configDigest: manifest.config.digest,
    architecture: config.architecture,
    createdMs: timestamp(config.created),
    sizeBytes: documentBytes + layers.reduce((sum, layer) => sum + layer.sizeBytes, 0),
    documentBytes,
    defaults: defaultsOf(config),
    layers,
  };
}

/**
 * The chain ids of layers, lowest first, made as those of the OCI image-spec are (each is a digest of all below it too), but of the blobs'
 * own digests. Those are all that is certain: what is inside a blob a process says that the blob may have taken over. So whatever it says
 * becomes the content of that very blob, for whoever has chosen it, and never of another one.
 */
export function chainIds(digests: readonly string[]): readonly string[] {
  const chain: string[] = [];
  for (const digest of digests) {
    const below = chain.at(-1);
    chain.push(below === undefined ? digest : sha256(`${below} ${digest}`));
  }
  return chain;
}

function layersOf(manifest: ImageManifest, config: ImageConfig): readonly ImageLayer[] {
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length) throw invalidArchive('its manifest and its config differ in the number of layers');
  const chain = chainIds(manifest.layers.map(({ digest }) => digest));
  return manifest.layers.map((layer, index) => ({
    digest: layer.digest,
    diffId: diffIds[index] ?? '',
    chainId: chain[index] ?? '',
    sizeBytes: layer.size,
    mediaType: layer.mediaType,
  }));
}

/** An image's words are data: what does not fit is left out, and nothing of it configures the engine. */
function defaultsOf({ config }: ImageConfig): ImageDefaults {
  const defaults = {
    entrypoint: config?.Entrypoint ?? [],
    command: config?.Cmd ?? [],
    environment: (config?.Env ?? []).filter((variable) => /^[^=\0]+=[^\0]*$/.test(variable)),
    workingDirectory: config?.WorkingDir ?? '',
    user: config?.User ?? '',
    labels: boundedLabels(config?.Labels ?? {}),
    exposedPorts: Object.keys(config?.ExposedPorts ?? {}).slice(0, PORTS_MAX),
    stopSignal: stopSignalOf(config?.StopSignal ?? null),
  };
  if (JSON.stringify(defaults).length > DEFAULTS_MAX) throw invalidArchive('its command and its environment are too long');
  return defaults;
}

/** Kept in memory for each image, and with each container of it. */
const DEFAULTS_MAX = 128 * 1024;
const PORTS_MAX = 256;
/** Of all labels together. */
const LABELS_LENGTH_MAX = 32 * 1024;
const LABELS_MAX = 128;
const LABEL_KEY_MAX = 256;
const LABEL_VALUE_MAX = 4096;

function boundedLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const fitting = Object.entries(labels).filter(
    ([key, value]) => key !== '' && key.length <= LABEL_KEY_MAX && value.length <= LABEL_VALUE_MAX && !`${key}${value}`.includes('\0'),
  );
  let length = 0;
  return Object.fromEntries(fitting.slice(0, LABELS_MAX).filter(([key, value]) => (length += key.length + value.length) <= LABELS_LENGTH_MAX));
}

function stopSignalOf(signal: string | null): string | null {
  return signal !== null && /^(SIG)?[A-Z0-9+-]{1,12}$/.test(signal) ? signal : null;
}

export function historyOf(config: ImageConfig): readonly HistoryEntry[] {
  return (config.history ?? []).map((entry) => ({
    createdBy: entry.created_by ?? '',
    comment: entry.comment ?? '',
    createdMs: timestamp(entry.created),
    emptyLayer: entry.empty_layer ?? false,
  }));
}

function timestamp(text: string | null | undefined): number | null {
  const ms = Date.parse(text ?? '');
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}
