// Images as a registry holds them: blobs and manifests by their digests, made for a test.
import { gzipSync } from 'node:zlib';
import { digestOf, tarOf } from './tarBuilder.js';

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

export interface Stored {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

export interface RegistryImage {
  readonly digest: string;
  readonly manifest: Stored;
  /** By digest: the config and the layers, lowest first. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly layerDigests: readonly string[];
}

export interface ImageParts {
  /** Tars. */
  readonly layers: readonly Buffer[];
  readonly architecture?: string;
  readonly command?: readonly string[];
  /** How each layer was made, lowest first. */
  readonly history?: readonly { readonly created_by: string; readonly empty_layer?: boolean }[];
  /** Changes the manifest before its digest is taken. */
  readonly edit?: (manifest: Record<string, unknown>) => object;
}

export function registryImage({
  layers,
  architecture = 'amd64',
  command = ['/bin/sh'],
  history = [],
  edit = (manifest) => manifest,
}: ImageParts): RegistryImage {
  const blobs = new Map<string, Buffer>();
  const add = (mediaType: string, bytes: Buffer) => {
    blobs.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const rootfs = { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) };
  const config = { architecture, os: 'linux', config: { Cmd: command }, rootfs, ...(history.length === 0 ? {} : { history }) };
  const descriptors = layers.map((layer) => add(OCI_LAYER, gzipSync(layer, { level: 1 })));
  const document = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: add(OCI_CONFIG, Buffer.from(JSON.stringify(config))), layers: descriptors };
  const bytes = Buffer.from(JSON.stringify(edit(document)));
  return { digest: digestOf(bytes), manifest: { bytes, mediaType: OCI_MANIFEST }, blobs, layerDigests: descriptors.map(({ digest }) => digest) };
}

/** A layer of one file; `bytes` that don't compress. */
export function layerOf(name: string, content: string | Buffer): Buffer {
  return tarOf([{ name, content }]);
}

export function indexOf(images: readonly { readonly image: RegistryImage; readonly platform: object }[]): { readonly digest: string; readonly stored: Stored } {
  const manifests = images.map(({ image, platform }) => ({ mediaType: OCI_MANIFEST, digest: image.digest, size: image.manifest.bytes.length, platform }));
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
  return { digest: digestOf(bytes), stored: { bytes, mediaType: OCI_INDEX } };
}
