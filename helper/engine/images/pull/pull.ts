// One pull: found at its registry, checked against what its owner may have, its missing layers fetched side by side and unpacked in
// order while they come. Nothing is named before all of it is there.
import path from 'node:path';
import type { RegistryAccess as AccessSettings } from '../../../../protocol/images.js';
import { DEFAULT_TAG, familiarName, parseImageName, type ImageName } from '../../../../protocol/reference.js';
import type { Endpoint, Platform } from '../../../registry/contract.js';
import { Failure, invalidArchive } from '../../failure.js';
import type { Document } from '../archive/candidate.js';
import type { ImageContent, ImageLayer } from '../image.js';
import type { ImportContext } from '../importing.js';
import type { Preparation, PreparedBlob, PreparedImage } from '../preparation.js';
import type { RegistryAccess } from '../registryAccess.js';
import type { PullState } from './pullState.js';
import { resolvedImage, type ResolvedImage } from './resolved.js';

export interface PullRequest {
  readonly uid: number;
  /** In the order of preference. */
  readonly references: readonly string[];
  readonly registries: readonly AccessSettings[];
  readonly platform: Platform;
  readonly signal: AbortSignal;
  /** Whether the caller can use an image with this very layer already, so that he need not prove that he has its bytes. */
  hasLayer(layer: ImageLayer): boolean;
  /** Throws LIMIT when the caller may not have this image besides what he has. */
  admit(content: ImageContent): void;
}

interface Found {
  readonly name: ImageName;
  readonly endpoint: Endpoint;
  readonly image: ResolvedImage;
}

export class Pull implements Preparation {
  /** Which of the references it is, once it is known. */
  taken: string | null = null;
  private readonly unpins: (() => void)[] = [];

  constructor(
    private readonly context: ImportContext,
    private readonly registry: RegistryAccess,
    private readonly request: PullRequest,
    private readonly state: PullState,
    private readonly staging: string,
  ) {}

  /** Throws REGISTRY, INVALID_ARCHIVE, INVALID_PARAMS, LIMIT, NO_SPACE, the signal's reason. */
  async prepare(): Promise<readonly PreparedImage[]> {
    const found = await this.find();
    const { content } = found.image;
    this.request.admit(content);
    this.unpins.push(this.context.layers.pin(content.layers.map(({ chainId }) => chainId)));
    const layers = await this.layers(found);
    this.state.enter('committing');
    const documents = [await this.stage(found.image.manifest, 'manifest'), await this.stage(found.image.config, 'config')];
    return [{ content, names: namesOf(found.name), blobs: [...layers, ...documents] }];
  }

  end(): void {
    for (const unpin of this.unpins.splice(0)) unpin();
  }

  private async find(): Promise<Found> {
    let missed: unknown;
    for (const reference of this.request.references) {
      try {
        const found = await this.resolve(reference);
        this.taken = reference;
        return found;
      } catch (error) {
        // The first registry's word counts, unless that is only that it has no such image.
        if (missed === undefined || isMissing(missed)) missed = error;
        if (!isMissing(error)) break;
      }
    }
    throw missed;
  }

  private async resolve(reference: string): Promise<Found> {
    const name = parseImageName(reference);
    if (name === null) throw new Failure('INVALID_PARAMS', { field: 'references', object: reference, reason: 'is not a name of an image' });
    const endpoint = endpointFor(name.registry, this.request.registries);
    const params = { endpoint, repository: name.repository, reference: name.digest ?? name.tag ?? DEFAULT_TAG, platform: this.request.platform };
    const result = await this.registry.call(this.request.uid, 'resolve', params, this.request.signal);
    return { name, endpoint, image: resolvedImage(result, name.digest) };
  }

  private async layers({ name, endpoint, image }: Found): Promise<readonly PreparedBlob[]> {
    const { layers } = image.content;
    const present = layers.map((layer) => this.request.hasLayer(layer));
    this.state.setLayers(
      layers.map(({ digest, sizeBytes }, i) => ({ digest, sizeBytes, downloadedBytes: 0, unpackedBytes: 0, isPresent: present[i] ?? false })),
    );
    this.state.enter('downloading');
    const stop = new AbortController();
    const signal = AbortSignal.any([this.request.signal, stop.signal]);
    const arrivals = layers.map((layer, at) => (present[at] === true ? null : this.fetch(name, endpoint, layer, at, signal)));
    // A failure is met where the layer's turn comes; until then it is nobody's.
    for (const arrival of arrivals) arrival?.catch(() => undefined);
    try {
      const blobs: PreparedBlob[] = [];
      for (const [at, layer] of layers.entries()) {
        const arrival = arrivals[at] ?? null;
        blobs.push({ digest: layer.digest, file: arrival === null ? null : await this.unpack(layer, layers.slice(0, at), await arrival, signal) });
      }
      return blobs;
    } catch (error) {
      stop.abort(error);
      await Promise.allSettled(arrivals.filter((arrival) => arrival !== null));
      throw error;
    }
  }

  /** Resolves to the blob's file once all of it is there and is what it should be. */
  private async fetch({ repository }: ImageName, endpoint: Endpoint, layer: ImageLayer, at: number, signal: AbortSignal): Promise<string> {
    const { digest, sizeBytes } = layer;
    const file = path.join(this.staging, `layer-${at}`);
    const request = { endpoint, repository, digest, sizeBytes, offset: 0 };
    const received = await this.registry.transfer(this.request.uid, 'blob', request, signal, (socket, stopped) =>
      this.context.kernel.receiveBlob({ socket, path: file, offset: 0, sizeBytes }, (bytes) => this.state.downloaded(digest, bytes), stopped),
    );
    if (received.digest !== digest) throw invalidArchive('what the registry sent does not have its digest', digest);
    return file;
  }

  private async unpack(layer: ImageLayer, below: readonly ImageLayer[], file: string, signal: AbortSignal): Promise<string> {
    const expected = { file, digest: layer.digest, diffId: layer.diffId };
    const onProgress = (bytes: number) => this.state.unpacked(layer.digest, bytes);
    const { unpin } = await this.context.layers.unpack(
      expected,
      below.map(({ digest }) => digest),
      onProgress,
      signal,
    );
    this.unpins.push(unpin);
    return file;
  }

  private async stage({ digest, bytes }: Document, name: string): Promise<PreparedBlob> {
    return { digest, file: await this.context.store.stageDocument(this.staging, name, bytes) };
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Failure && (error.fields.registry === 'not-found' || error.fields.registry === 'unauthorized' || error.fields.registry === 'denied');
}

/** What was asked for by its digest alone has no name. */
function namesOf(name: ImageName): readonly string[] {
  if (name.digest !== null && name.tag === null) return [];
  return [`${familiarName(name)}:${name.tag ?? DEFAULT_TAG}`];
}

function endpointFor(registry: string, settings: readonly AccessSettings[]): Endpoint {
  return endpointOf(settings.find((one) => one.registry === registry) ?? { registry, insecure: false, mirrors: [] });
}

export function endpointOf({ registry, insecure, mirrors, authorities, proxy, credential }: AccessSettings): Endpoint {
  return { registry, insecure, mirrors: [...mirrors], authorities: authorities ?? null, proxy: proxy ?? null, credential: credential ?? null };
}
