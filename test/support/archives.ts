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
  readonly architecture?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** So many bytes more than the layer's digest is of, and its descriptor says so. */
  readonly layerPadding?: number;
  /** How many descriptors name the one manifest, and what each calls it. */
  readonly descriptors?: readonly string[];
  /** Members beside those of a layout. */
  readonly extra?: readonly TarEntry[];
  /** Wraps the one descriptor in an index in an index, so deep, each naming the one below so often. */
  readonly nested?: { readonly depth: number; readonly times: number };
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';

/** An OCI image layout as a tar. */
export function ociLayout(parts: LayoutParts): { readonly archive: Buffer; readonly manifestDigest: string } {
  const layer = tarOf([{ name: 'etc/secret', content: parts.secret ?? 'nothing' }]);
  const padding = Buffer.alloc(parts.layerPadding ?? 0);
  const config = parts.rawConfig ?? configOf(parts.diffIds ?? [digestOf(layer)], parts.os, parts.architecture, parts.labels);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
    layers: [{ mediaType: parts.layerType ?? LAYER, digest: parts.layerDigest ?? digestOf(layer), size: parts.layerSize ?? layer.length + padding.length }],
    ...parts.extraManifest,
  });
  const annotations = parts.name === undefined ? {} : { 'io.containerd.image.name': parts.name };
  const descriptor = { mediaType: parts.manifestType ?? MANIFEST, digest: digestOf(manifest), size: manifest.length, annotations };
  const single = { ...descriptor, ...(parts.platform === undefined ? {} : { platform: parts.platform }) };
  const indexes: string[] = [];
  let inner: object = single;
  for (let depth = 0; depth < (parts.nested?.depth ?? 0); depth += 1) {
    const text = JSON.stringify({ schemaVersion: 2, manifests: Array.from({ length: parts.nested?.times ?? 1 }, () => inner) });
    indexes.push(text);
    inner = { mediaType: 'application/vnd.oci.image.index.v1+json', digest: digestOf(text), size: text.length };
  }
  const named = (parts.descriptors ?? []).map((name) => ({ ...single, annotations: { 'io.containerd.image.name': name } }));
  const index = { schemaVersion: 2, manifests: named.length > 0 ? named : [inner] };
  const archive = tarOf([
    { name: './', type: '5' },
    { name: './oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    blob(config, parts.corrupt === 'config'),
    blob(manifest, parts.corrupt === 'manifest'),
    blob(layer, parts.corrupt === 'layer', padding),
    ...indexes.map((text) => blob(text, false)),
    ...(parts.extra ?? []),
    { name: './index.json', content: JSON.stringify(index) },
  ]);
  return { archive, manifestDigest: digestOf(manifest) };
}

export interface DockerParts {
  readonly tags: readonly string[];
  readonly linkedLayer: boolean;
  readonly architecture?: string;
  /** The tags of each entry of manifest.json; all name the one image. */
  readonly entries?: readonly (readonly string[])[];
}

/** As `docker save` wrote it before it wrote layouts. */
export function dockerArchive({ tags, linkedLayer, architecture, entries = [tags] }: DockerParts): Buffer {
  const layer = tarOf([{ name: 'etc/motd', content: 'hello' }]);
  const first = '1'.repeat(64);
  const second = '2'.repeat(64);
  const config = configOf(linkedLayer ? [digestOf(layer), digestOf(layer)] : [digestOf(layer)], 'linux', architecture);
  const name = `${digestOf(config).slice(7)}.json`;
  const layers = linkedLayer ? [`${first}/layer.tar`, `${second}/layer.tar`] : [`${first}/layer.tar`];
  const link: readonly TarEntry[] = linkedLayer ? [{ name: `${second}/layer.tar`, type: '2', link: `../${first}/layer.tar` }] : [];
  return tarOf([
    { name: `${first}/`, type: '5' },
    { name: `${first}/VERSION`, content: '1.0' },
    { name: `${first}/layer.tar`, content: layer },
    ...link,
    { name, content: config },
    { name: 'manifest.json', content: JSON.stringify(entries.map((list) => ({ Config: name, RepoTags: list, Layers: layers }))) },
    { name: 'repositories', content: '{}' },
  ]);
}

function configOf(diffIds: readonly string[], os = 'linux', architecture = 'amd64', labels = {}): string {
  return JSON.stringify({ architecture, os, config: { Entrypoint: ['/entry'], Env: ['A=b'], Labels: labels }, rootfs: { type: 'layers', diff_ids: diffIds } });
}

/** A damaged one is as long as it was. */
function blob(content: string | Buffer, isCorrupt: boolean, padding = Buffer.alloc(0)): TarEntry {
  const bytes = Buffer.from(content);
  const name = `./blobs/sha256/${digestOf(bytes).slice(7)}`;
  if (!isCorrupt) return { name, content: bytes };
  const damaged = Buffer.from(bytes);
  damaged[0] = (damaged[0] ?? 0) ^ 1;
  return { name, content: Buffer.concat([damaged, padding]) };
}
