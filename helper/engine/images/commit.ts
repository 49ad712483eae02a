// One commit, from the changes in a container to an image that is ready to be committed to the catalog: the layer made, nothing named yet.
import type { ImageChanges } from '../../../protocol/containers.js';
import { changedConfig } from './changes.js';
import { imageContent } from './content.js';
import { decodeDocument, imageConfig, imageManifest, OCI_LAYER, ociLayerType } from './documents.js';
import type { ImageContent } from './image.js';
import type { ImportContext } from './importing.js';
import type { Preparation, PreparedBlob, PreparedImage } from './preparation.js';
import { makeManifest } from './synthesize.js';
import type { Document } from './archive/candidate.js';

export interface CommitRequest {
  /** The container's image; its blobs and layers stay meanwhile. */
  readonly parent: ImageContent;
  /** Runs its argument while nothing but the container itself can change its upper directory, which it is given. */
  readonly withUpper: <T>(work: (upper: string) => Promise<T>) => Promise<T>;
  readonly changes: ImageChanges;
  readonly author: string | undefined;
  readonly message: string | undefined;
  readonly createdBy: string;
  readonly onProgress: (tarBytes: number) => void;
  readonly signal: AbortSignal;
}

export class Commit implements Preparation {
  private unpin = () => undefined as void;

  constructor(
    private readonly context: ImportContext,
    private readonly request: CommitRequest,
    private readonly staging: string,
  ) {}

  /** Throws CONFLICT, LIMIT, NO_SPACE, CANCELLED. */
  async prepare(): Promise<readonly PreparedImage[]> {
    const { parent, changes, createdBy, author, message, onProgress, signal, withUpper } = this.request;
    const { store, layers } = this.context;
    const below = parent.layers.map(({ digest }) => digest);
    const parentConfig = decodeDocument(imageConfig, await store.readBlob(parent.configDigest), parent.configDigest);
    const { unpacked, unpin } = await withUpper((upper) => layers.commit(upper, below, onProgress, signal));
    this.unpin = unpin;
    const { diffId, tarBytes } = unpacked;
    const config = changedConfig(parentConfig, changes, { diffId, createdMs: Date.now(), createdBy, author, message });
    const own = { mediaType: OCI_LAYER, digest: diffId, sizeBytes: tarBytes };
    const facts = parent.layers.map(({ digest, sizeBytes, mediaType }) => ({ digest, sizeBytes, mediaType: ociLayerType(mediaType) }));
    const manifest = makeManifest(config, [...facts, own]);
    return [await this.prepared(manifest, config, parent)];
  }

  end(): void {
    this.unpin();
  }

  private async prepared(manifest: Document, config: Document, parent: ImageContent): Promise<PreparedImage> {
    const facts = { digest: manifest.digest, sizeBytes: manifest.bytes.length };
    const decoded = decodeDocument(imageManifest, manifest.bytes, manifest.digest);
    const content = imageContent(facts, decoded, decodeDocument(imageConfig, config.bytes, config.digest));
    const documents = [await this.stage('manifest', manifest), await this.stage('config', config)];
    // The new layer has no blob: that is made when somebody wants to have it.
    return { content, names: [], blobs: [...parent.layers.map(({ digest }) => ({ digest, file: null })), ...documents] };
  }

  private async stage(name: string, { digest, bytes }: Document): Promise<PreparedBlob> {
    return { digest, file: await this.context.store.stageDocument(this.staging, name, bytes) };
  }
}
