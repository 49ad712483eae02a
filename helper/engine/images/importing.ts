// One import, from the upload to images that are ready to be committed: everything verified, the layers unpacked, nothing named yet.
import path from 'node:path';
import { mkdir } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { ImportProgress } from '../../../protocol/images.js';
import { Failure } from '../failure.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { ImageStore } from '../../store/imageStore.js';
import type { PackedLayers } from '../../store/packedLayers.js';
import type { Candidate, CandidateLayer, Document } from './archive/candidate.js';
import { layerMediaType } from './archive/dockerArchive.js';
import { openArchive } from './archive/openArchive.js';
import { receive } from './archive/receive.js';
import { chainIds, imageContent } from './content.js';
import { decodeDocument, imageConfig, imageManifest, type ImageConfig } from './documents.js';
import type { ImageLayer } from './image.js';
import type { Layers } from './layers.js';
import type { ImageLimits } from './limits.js';
import type { Preparation, PreparedBlob, PreparedImage } from './preparation.js';
import { makeConfig, makeManifest, type LayerFacts } from './synthesize.js';

export interface ImportRequest {
  readonly upload: Readable;
  readonly announcedBytes: number | undefined;
  /** `name:tag` for the image; undefined: only the archive's own names. */
  readonly reference: string | undefined;
  readonly onProgress: (progress: ImportProgress) => void;
  readonly signal: AbortSignal;
  /** Whether the caller can use an image with this very layer already, so that he need not prove that he has its bytes. */
  hasLayer(layer: Pick<ImageLayer, 'digest' | 'diffId' | 'chainId' | 'sizeBytes'>): boolean;
}

type VerifiedLayer = LayerFacts & PreparedBlob;

export interface ImportContext {
  readonly kernel: Kernel;
  readonly store: ImageStore;
  readonly layers: Layers;
  readonly packed: PackedLayers;
  readonly limits: ImageLimits;
  readonly architecture: string;
}

export class Import implements Preparation {
  private readonly unpins: (() => void)[] = [];
  private readonly progress: Progress;
  private documents = 0;

  constructor(
    private readonly context: ImportContext,
    private readonly request: ImportRequest,
    private readonly staging: string,
  ) {
    this.progress = new Progress(request.onProgress);
  }

  /** Throws INVALID_ARCHIVE, INVALID_PARAMS, LIMIT, NO_SPACE, CANCELLED, the signal's reason. The layers stay pinned until {@link end}. */
  async prepare(): Promise<readonly PreparedImage[]> {
    const { signal, announcedBytes, reference } = this.request;
    const file = path.join(this.staging, 'upload');
    const limits = { maxBytes: this.context.limits.maxUploadBytes, announcedBytes };
    const received = await receive(this.request.upload, file, limits, (bytes) => this.progress.tell('receiving', bytes, announcedBytes ?? null), signal);
    const opened = await this.open(file, received);
    if (opened.kind === 'root-file-system') return [await this.rootFileSystem(file, received)];
    if (reference !== undefined && opened.candidates.length > 1) {
      throw new Failure('INVALID_PARAMS', { field: 'reference', reason: 'the archive holds several images: they keep their own names' });
    }
    const { maxNames } = this.context.limits;
    const names = opened.candidates.reduce((sum, candidate) => sum + candidate.names.length, 0);
    if (names > maxNames) throw new Failure('LIMIT', { reason: `an archive can give ${maxNames} names` });
    const images: PreparedImage[] = [];
    for (const candidate of opened.candidates) images.push(await this.image(candidate));
    return images;
  }

  end(): void {
    for (const unpin of this.unpins) unpin();
  }

  private async open(file: string, received: number): ReturnType<typeof openArchive> {
    const { kernel, architecture, limits } = this.context;
    const folder = path.join(this.staging, 'members');
    await mkdir(folder, { mode: 0o700 });
    let read = 0;
    const onBytes = (bytes: number) => this.progress.tell('verifying', (read += bytes), received);
    const { maxMembers, maxImportDocumentBytes, maxImportImages } = limits;
    const outer = { maxMembers, maxBytes: limits.layer.maxBytes, maxDocumentBytes: maxImportDocumentBytes, maxImages: maxImportImages };
    return openArchive(kernel, { file, folder, architecture, limits: outer, onBytes, signal: this.request.signal });
  }

  private async rootFileSystem(file: string, sizeBytes: number): Promise<PreparedImage> {
    if (this.request.reference === undefined) {
      throw new Failure('INVALID_PARAMS', { field: 'reference', reason: 'a root file system has no name of its own: give it one' });
    }
    const mediaType = await layerMediaType(file);
    const onProgress = (bytes: number) => this.progress.tell('unpacking', bytes, sizeBytes);
    const { unpacked, unpin } = await this.context.layers.unpack({ file, digest: null, diffId: null }, [], onProgress, this.request.signal);
    this.unpins.push(unpin);
    const config = makeConfig(this.context.architecture, unpacked);
    const manifest = makeManifest(config, [{ mediaType, digest: unpacked.digest, sizeBytes: unpacked.blobBytes }]);
    return this.prepared([], manifest, config, [{ digest: unpacked.digest, file }], decodeDocument(imageConfig, config.bytes, config.digest));
  }

  private async image(candidate: Candidate): Promise<PreparedImage> {
    this.request.signal.throwIfAborted();
    const total = candidate.layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const verified: VerifiedLayer[] = [];
    let done = 0;
    for (const layer of candidate.layers) {
      const onProgress = (bytes: number) => this.progress.tell('unpacking', done + bytes, total);
      const below = verified.map(({ digest }) => digest);
      verified.push(this.present(layer, below) ?? (await this.unpacked(layer, below, onProgress)));
      done += layer.sizeBytes;
    }
    const manifest = candidate.manifest ?? makeManifest(candidate.config, verified);
    return this.prepared(candidate.names, manifest, candidate.config, verified, candidate.decodedConfig);
  }

  /** The layer as the caller has it already; null: he must show its bytes. */
  private present({ digest, diffId, mediaType, sizeBytes }: CandidateLayer, below: readonly string[]): VerifiedLayer | null {
    const chainId = digest === null ? undefined : chainIds([...below, digest]).at(-1);
    if (digest === null || chainId === undefined) return null;
    // Before it is looked for: it must not go between the two.
    this.unpins.push(this.context.layers.pin([chainId]));
    return this.request.hasLayer({ digest, diffId, chainId, sizeBytes }) ? { digest, mediaType, sizeBytes, file: null } : null;
  }

  private async unpacked(layer: CandidateLayer, below: readonly string[], onProgress: (bytes: number) => void): Promise<VerifiedLayer> {
    const { unpacked, unpin } = await this.context.layers.unpack(layer, below, onProgress, this.request.signal);
    this.unpins.push(unpin);
    return { digest: unpacked.digest, mediaType: layer.mediaType, sizeBytes: unpacked.blobBytes, file: layer.file };
  }

  private async prepared(
    names: readonly string[],
    manifest: Document,
    config: Document,
    layers: readonly PreparedBlob[],
    decodedConfig: ImageConfig,
  ): Promise<PreparedImage> {
    const facts = { digest: manifest.digest, sizeBytes: manifest.bytes.length };
    const decoded = decodeDocument(imageManifest, manifest.bytes, manifest.digest);
    const content = imageContent(facts, decoded, decodedConfig);
    const documents = await Promise.all([manifest, config].map((document) => this.stage(document)));
    return { content, names, blobs: [...layers.map(({ digest, file }) => ({ digest, file })), ...documents] };
  }

  private async stage({ digest, bytes }: Document): Promise<PreparedBlob> {
    const name = `document-${this.documents}`;
    this.documents += 1;
    return { digest, file: await this.context.store.stageDocument(this.staging, name, bytes) };
  }
}

const PROGRESS_PAUSE_MS = 100;

/** Tells of each phase at its beginning, then ten times a second at most. */
class Progress {
  private phase: ImportProgress['phase'] | null = null;
  private toldMs = 0;

  constructor(private readonly listener: (progress: ImportProgress) => void) {}

  tell(phase: ImportProgress['phase'], doneBytes: number, totalBytes: number | null): void {
    const now = Date.now();
    if (phase === this.phase && now - this.toldMs < PROGRESS_PAUSE_MS) return;
    this.phase = phase;
    this.toldMs = now;
    this.listener({ phase, doneBytes, totalBytes });
  }
}
