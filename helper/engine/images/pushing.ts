// Sends an image to a registry: its layers and its config as they are in the store, then its manifest. The registry's own digests are
// those of the store, since not a byte is changed; but for layers that were committed here and travel for the first time (packing.ts).
import type { PushProgress, RegistryAccess as AccessSettings } from '../../../protocol/images.js';
import { DEFAULT_TAG, familiarName, parseImageName, type ImageName } from '../../../protocol/reference.js';
import type { Endpoint } from '../../registry/contract.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { ImageStore } from '../../store/imageStore.js';
import type { Caller } from '../caller.js';
import { Failure } from '../failure.js';
import type { Image } from './image.js';
import type { Images } from './images.js';
import type { Packing, PortableImage } from './packing.js';
import { endpointOf } from './pull/pull.js';
import type { RegistryAccess } from './registryAccess.js';

export interface PushOptions {
  readonly image: string;
  /** Undefined: as the image is named. */
  readonly reference: string | undefined;
  readonly registry: AccessSettings | undefined;
  readonly onProgress: (progress: PushProgress) => void;
  readonly signal: AbortSignal;
}

export interface Pushed {
  readonly reference: string;
  readonly digest: string;
  /** Of blobs that the registry did not have. */
  readonly pushedBytes: number;
}

interface Target {
  readonly name: ImageName;
  readonly endpoint: Endpoint;
}

interface Blob {
  readonly digest: string;
  readonly sizeBytes: number;
}

export class Pushing {
  constructor(
    private readonly images: Images,
    private readonly packing: Packing,
    private readonly registry: RegistryAccess,
    private readonly kernel: Pick<Kernel, 'sendBlob'>,
    private readonly store: ImageStore,
  ) {}

  /** Throws NOT_FOUND, INVALID_PARAMS, REGISTRY, CANCELLED. */
  async push(caller: Caller, options: PushOptions): Promise<Pushed> {
    const target = targetOf(options);
    const portable = await this.packing.portable(caller, options.image, options.signal);
    try {
      return await this.send(caller, portable, target, options);
    } finally {
      portable.release();
    }
  }

  private async send(caller: Caller, portable: PortableImage, { name, endpoint }: Target, { onProgress, signal }: PushOptions): Promise<Pushed> {
    const { image, manifest: bytes, mediaType } = portable;
    const blobs = await this.blobsOf(portable);
    const totalBytes = blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const arrived = new Map<string, number>();
    const tell = (digest: string, bytes: number) => {
      arrived.set(digest, bytes);
      onProgress({ doneBytes: [...arrived.values()].reduce((sum, one) => sum + one, 0), totalBytes });
    };
    let pushedBytes = 0;
    const from = this.neighbour(caller, image, name);
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const sendOne = async ({ digest, sizeBytes }: Blob) => {
      const wanted = { endpoint, repository: name.repository, digest };
      const { has } = await this.registry.call(caller.uid, 'hasBlob', { ...wanted, from }, both);
      if (!has) {
        await this.upload(caller, { ...wanted, sizeBytes }, (bytes) => tell(digest, bytes), both);
        pushedBytes += sizeBytes;
      }
      tell(digest, sizeBytes);
    };
    const sending = blobs.map(sendOne);
    try {
      await Promise.all(sending);
    } catch (error) {
      // Whoever reads from the store has to have ended before this does.
      stop.abort(error);
      await Promise.allSettled(sending);
      throw error;
    }
    const manifest = { endpoint, repository: name.repository, mediaType, base64: bytes.toString('base64') };
    await this.registry.call(caller.uid, 'putManifest', { ...manifest, reference: name.tag ?? DEFAULT_TAG }, signal);
    return { reference: `${familiarName(name)}:${name.tag ?? DEFAULT_TAG}`, digest: portable.id, pushedBytes };
  }

  private async upload(
    caller: Caller,
    wanted: { readonly endpoint: Endpoint; readonly repository: string; readonly digest: string; readonly sizeBytes: number },
    onProgress: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const path = this.store.blobPath(wanted.digest);
    await this.registry.transfer(caller.uid, 'upload', wanted, signal, (socket, stopped) =>
      this.kernel.sendBlob({ socket, path, sizeBytes: wanted.sizeBytes }, onProgress, stopped),
    );
  }

  private async blobsOf({ configDigest, layerDigests }: PortableImage): Promise<readonly Blob[]> {
    const digests = [...new Set([...layerDigests, configDigest])];
    return Promise.all(digests.map(async (digest) => ({ digest, sizeBytes: await this.store.blobSize(digest) })));
  }

  /** Another repository of the registry that may have the layers: by another name of an image that has one of them. */
  private neighbour(caller: Caller, { content }: Image, { registry, repository }: ImageName): string | null {
    const layers = new Set(content.layers.map(({ digest }) => digest));
    const related = this.images.visibleTo(caller).filter((image) => image.content.layers.some(({ digest }) => layers.has(digest)));
    const names = related.flatMap(({ references }) => references).map(parseImageName);
    return names.find((name) => name?.registry === registry && name.repository !== repository)?.repository ?? null;
  }
}

function targetOf({ image, reference, registry }: PushOptions): Target {
  const text = reference ?? image;
  const name = parseImageName(text);
  if (name?.digest !== null) {
    throw new Failure('INVALID_PARAMS', { field: 'reference', object: text, reason: 'is not a name of an image at a registry: registry/repository:tag' });
  }
  return { name, endpoint: endpointOf(registry ?? { registry: name.registry, insecure: false, mirrors: [] }) };
}
