// Archives of images, whole or damaged in one place.
import { digestOf, tarOf, type TarEntry } from './tarBuilder.js';

export interface LayoutParts {
  /** As `io.containerd.image.name`. */
  readonly name?: string;
  /** Content of the layer's file. */
  readonly secret?: string;
  /** Whose bytes are not those of its digest. */
  readonly corrupt?: 'config' | 'manifest' | 'layer';
  readonly diffIds?: readonly string[];
  readonly layerSize?: number;
  readonly layerDigest?: string;
  readonly layerType?: string;
  readonly extraManifest?: object;
  readonly manifestType?: string;
  readonly os?: string;
  readonly platform?: object;
  readonly rawConfig?: string;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** An OCI image layout as a tar. */
export function ociLayout(parts: LayoutParts): { readonly archive: Buffer; readonly manifestDigest: string } {
  const layer = tarOf([{ name: 'etc/secret', content: parts.secret ?? 'nothing' }]);
  const config = parts.rawConfig ?? configOf(parts.diffIds ?? [digestOf(layer)], parts.os);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: [{ mediaType: parts.layerType ?? LAYER, digest: parts.layerDigest ?? digestOf(layer), size: parts.layerSize ?? layer.length }],
    ...parts.extraManifest,
  });
  const annotations = parts.name === undefined ? {} : { 'io.containerd.image.name': parts.name };
  const descriptor = { mediaType: parts.manifestType ?? MANIFEST, digest: digestOf(manifest), size: manifest.length, annotations };
  const index = { schemaVersion: 2, manifests: [{ ...descriptor, ...(parts.platform === undefined ? {} : { platform: parts.platform }) }] };
  const archive = tarOf([
    { name: './', type: '5' },
    { name: './oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    blob(config, parts.corrupt === 'config'),
    blob(manifest, parts.corrupt === 'manifest'),
    blob(layer, parts.corrupt === 'layer'),
    { name: './index.json', content: JSON.stringify(index) },
  ]);
  return { archive, manifestDigest: digestOf(manifest) };
}

/** As `docker save` wrote it before it wrote layouts. */
export function dockerArchive({ tags, linkedLayer }: { readonly tags: readonly string[]; readonly linkedLayer: boolean }): Buffer {
  const layer = tarOf([{ name: 'etc/motd', content: 'hello' }]);
  const first = '1'.repeat(64);
  const second = '2'.repeat(64);
  const config = configOf(linkedLayer ? [digestOf(layer), digestOf(layer)] : [digestOf(layer)]);
  const name = `${digestOf(config).slice(7)}.json`;
  const layers = linkedLayer ? [`${first}/layer.tar`, `${second}/layer.tar`] : [`${first}/layer.tar`];
  const link: readonly TarEntry[] = linkedLayer ? [{ name: `${second}/layer.tar`, type: '2', link: `../${first}/layer.tar` }] : [];
  return tarOf([
    { name: `${first}/`, type: '5' },
    { name: `${first}/VERSION`, content: '1.0' },
    { name: `${first}/layer.tar`, content: layer },
    ...link,
    { name, content: config },
    { name: 'manifest.json', content: JSON.stringify([{ Config: name, RepoTags: tags, Layers: layers }]) },
    { name: 'repositories', content: '{}' },
  ]);
}

function configOf(diffIds: readonly string[], os = 'linux'): string {
  return JSON.stringify({ architecture: 'amd64', os, config: { Entrypoint: ['/entry'], Env: ['A=b'] }, rootfs: { type: 'layers', diff_ids: diffIds } });
}

/** A damaged one is as long as it was. */
function blob(content: string | Buffer, isCorrupt: boolean): TarEntry {
  const bytes = Buffer.from(content);
  const name = `./blobs/sha256/${digestOf(bytes).slice(7)}`;
  if (!isCorrupt) return { name, content: bytes };
  const damaged = Buffer.from(bytes);
  damaged[0] = (damaged[0] ?? 0) ^ 1;
  return { name, content: damaged };
}
