// Images as they travel. A layer that was committed here has no blob: it is made, by gzip, when the image is pushed or saved for the first
// time, and stays. The manifest that names it so goes along; here the image keeps the one, and the id, that it has.
import path from 'node:path';
import type { ImageStore } from '../../store/imageStore.js';
import type { PackedLayer } from '../../store/packedLayers.js';
import type { Caller } from '../caller.js';
import { invalidArchive, withoutSpace } from '../failure.js';
import { decodeDocument, imageManifest, OCI_LAYER_GZIP, OCI_MANIFEST, type ImageManifest } from './documents.js';
import { sha256 } from './digest.js';
import type { Image, ImageLayer } from './image.js';
import type { Images } from './images.js';
import type { Layers } from './layers.js';
import { parseReference } from './reference.js';
import { SavedArchive, type SavedImage } from './saving.js';

/** Every byte of it is in the store, but for the manifest. */
export interface PortableImage {
  readonly image: Image;
  /** The digest of the manifest. */
  readonly id: string;
  readonly mediaType: string;
  readonly manifest: Buffer;
  readonly configDigest: string;
  readonly layerDigests: readonly string[];
  /** Its blobs stay until then. */
  release(): void;
}

interface Context {
  readonly images: Images;
  readonly store: ImageStore;
  readonly layers: Layers;
  removeTree(folder: string): Promise<void>;
}

export class Packing {
  constructor(private readonly context: Context) {}

  /** Throws NOT_FOUND, LIMIT, NO_SPACE, CANCELLED, INVALID_ARCHIVE (a layer of the store is not what it was). */
  async portable(caller: Caller, reference: string, signal: AbortSignal): Promise<PortableImage> {
    const { image, release } = this.context.images.lease(caller, reference);
    const releases = [release];
    const releaseAll = () => {
      for (const one of releases.splice(0)) one();
    };
    try {
      const packed = await this.packedLayers(caller, image, signal, releases);
      return { image, ...(await this.manifestOf(image, packed)), release: releaseAll };
    } catch (error) {
      releaseAll();
      throw error;
    }
  }

  /** An archive of images, each under the name by which it was asked for (by an id: under all of its own). `release`: once it is written. */
  async save(caller: Caller, references: readonly string[], signal: AbortSignal): Promise<{ readonly archive: SavedArchive; readonly release: () => void }> {
    const portables: PortableImage[] = [];
    const release = () => {
      for (const portable of portables.splice(0)) portable.release();
    };
    try {
      for (const reference of references) portables.push(await this.portable(caller, reference, signal));
      const saved = portables.map((portable, at) => savedAs(portable, references[at] ?? ''));
      return { archive: await SavedArchive.of(this.context.store, merged(saved)), release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** By diff id. What is made is added to `releases`. */
  private async packedLayers(caller: Caller, { content }: Image, signal: AbortSignal, releases: (() => void)[]): Promise<ReadonlyMap<string, PackedLayer>> {
    const made = new Map<string, PackedLayer>();
    for (const layer of content.layers) {
      if (await this.context.store.hasBlob(layer.digest)) continue;
      const { packed, release } = await this.packed(caller, layer, signal);
      made.set(layer.diffId, packed);
      releases.push(release);
    }
    return made;
  }

  private async packed(caller: Caller, layer: ImageLayer, signal: AbortSignal): Promise<{ readonly packed: PackedLayer; readonly release: () => void }> {
    const known = await this.context.images.leasePacked(layer.diffId);
    return known ?? this.context.images.inSlot(caller, () => this.pack(layer, signal));
  }

  private async pack({ chainId, diffId }: ImageLayer, signal: AbortSignal): Promise<{ readonly packed: PackedLayer; readonly release: () => void }> {
    const { store, layers, images } = this.context;
    const staging = await store.makeStaging().catch((error: unknown) => {
      throw withoutSpace(error);
    });
    try {
      const file = path.join(staging, 'layer');
      const made = await layers.pack(chainId, file, () => undefined, signal);
      if (made.diffId !== diffId) throw invalidArchive('a layer of the store has been changed', diffId);
      const packed = { diffId, digest: made.digest, sizeBytes: made.blobBytes };
      return { packed, release: await images.keepPacked(file, packed) };
    } catch (error) {
      throw withoutSpace(error);
    } finally {
      await this.context.removeTree(staging);
    }
  }

  private async manifestOf({ content }: Image, packed: ReadonlyMap<string, PackedLayer>): Promise<Omit<PortableImage, 'image' | 'release'>> {
    const own = await this.context.store.readBlob(content.id);
    const { configDigest } = content;
    const layerDigests = content.layers.map(({ digest, diffId }) => packed.get(diffId)?.digest ?? digest);
    if (packed.size === 0) return { id: content.id, mediaType: content.manifestMediaType, manifest: own, configDigest, layerDigests };
    const manifest = Buffer.from(JSON.stringify(repacked(decodeDocument(imageManifest, own, content.id), content.layers, packed)));
    return { id: sha256(manifest), mediaType: OCI_MANIFEST, manifest, configDigest, layerDigests };
  }
}

function repacked(manifest: ImageManifest, layers: readonly ImageLayer[], packed: ReadonlyMap<string, PackedLayer>): ImageManifest {
  const descriptors = manifest.layers.map((descriptor, at) => {
    const blob = packed.get(layers[at]?.diffId ?? '');
    return blob === undefined ? descriptor : { ...descriptor, mediaType: OCI_LAYER_GZIP, digest: blob.digest, size: blob.sizeBytes };
  });
  return { ...manifest, layers: descriptors };
}

function savedAs(portable: PortableImage, text: string): SavedImage {
  const reference = parseReference(text);
  const { references } = portable.image;
  return { portable, references: reference.kind === 'name' && references.includes(reference.name) ? [reference.name] : references };
}

/** An image that was asked for by several names is there once. */
function merged(saved: readonly SavedImage[]): readonly SavedImage[] {
  const byId = new Map<string, SavedImage>();
  for (const { portable, references } of saved) {
    const before = byId.get(portable.id)?.references ?? [];
    byId.set(portable.id, { portable, references: [...new Set([...before, ...references])] });
  }
  return [...byId.values()];
}
