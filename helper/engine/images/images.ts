// The images: imported, named, looked up, removed. One change at a time; what nobody refers to any more is collected at once.
import type { Caller } from '../caller.js';
import { cancelled, conflict, errnoName, Failure, notFound, withoutSpace } from '../failure.js';
import { logFailure, type Log } from '../log.js';
import { Mutex } from '../mutex.js';
import { Slots } from '../slots.js';
import type { PackedLayer } from '../../store/packedLayers.js';
import { Catalog, changedIds, sizesOf } from './catalog.js';
import { historyOf } from './content.js';
import { decodeDocument, imageConfig } from './documents.js';
import { Garbage } from './garbage.js';
import type { HistoryEntry, Image, ImageContent, ImageLayer } from './image.js';
import { Import, type ImportContext, type ImportRequest } from './importing.js';
import { Leases } from './leases.js';
import { loadContents } from './loading.js';
import { namesOf, namesToRemove } from './naming.js';
import type { Preparation, PreparedImage } from './preparation.js';
import { admitChange } from './quota.js';
import { parseName } from './reference.js';

export interface ImageContextHooks {
  /** Names of containers that use the image; of those that `seenBy` can see, if it is given. */
  usersOf(image: Image, seenBy?: Caller): readonly string[];
  /** Chain ids that containers need; null: not all containers are known. */
  usedChainIds(): ReadonlySet<string> | null;
  changed(id: string, ownerUid: number): void;
}

export interface Removed {
  readonly untagged: readonly string[];
  readonly deleted: readonly string[];
}

export type ImportOptions = Omit<ImportRequest, 'hasLayer'>;
export type KnownLayer = Pick<ImageLayer, 'digest' | 'diffId' | 'chainId' | 'sizeBytes'>;

export interface PruneOptions {
  readonly all: boolean;
  /** Only what has been there for longer. */
  readonly beforeMs: number | undefined;
  readonly dryRun: boolean;
}

export interface Pruned {
  readonly images: readonly Image[];
  /** Of blobs that no image needs any more. */
  readonly freedBytes: number;
}

export interface ImageUsage {
  readonly image: Image;
  readonly ownBytes: number;
  readonly sharedBytes: number;
  /** Names of containers. */
  readonly users: readonly string[];
}

export interface Addition {
  /** The one name of what is added; undefined: as it is named itself. */
  readonly reference: string | undefined;
  readonly signal: AbortSignal;
  /** Names the operation when it is cancelled. */
  readonly what: string;
}

export class Images {
  private catalog = new Catalog([], new Map());
  private readonly turn = new Mutex();
  /** What each uid has going on that makes images or blobs of his own. */
  private readonly making: Slots;
  private readonly garbage: Garbage;
  private readonly leases = new Leases();

  constructor(
    private readonly context: ImportContext,
    private readonly hooks: ImageContextHooks,
    private readonly log: Log,
  ) {
    this.making = new Slots(context.limits.maxImports, 'imports, commits and uncompressed images on their way out');
    this.garbage = new Garbage(
      context.store,
      context.layers,
      () => hooks.usedChainIds(),
      (digest) => this.leases.has(digest),
      context.packed,
      log,
    );
  }

  async open(): Promise<void> {
    const entries = await this.context.store.open();
    await this.context.packed.open();
    this.catalog = new Catalog(entries, await loadContents(this.context.store, this.context.layers, entries, this.log));
  }

  /** Removes what an interrupted import or removal has left. */
  sweep(): Promise<void> {
    return this.turn.run(() => this.garbage.collect(this.catalog));
  }

  all(): readonly Image[] {
    return this.catalog.all();
  }

  visibleTo(caller: Caller): readonly Image[] {
    return this.catalog.visibleTo(caller);
  }

  visible(caller: Caller, id: string): Image | null {
    return this.catalog.visible(caller, id);
  }

  find(caller: Caller, reference: string): Image {
    return this.catalog.find(caller, reference);
  }

  /** From its config, since it is not kept in memory. Throws NOT_FOUND when the image goes meanwhile. */
  async historyOf({ content }: Image): Promise<readonly HistoryEntry[]> {
    const bytes = await this.context.store.readBlob(content.configDigest).catch((error: unknown) => {
      throw errnoName(error) === 'ENOENT' ? notFound(content.id) : error;
    });
    return historyOf(decodeDocument(imageConfig, bytes, content.configDigest));
  }

  /** Finds it, and keeps its layers until `release`. */
  hold(caller: Caller, reference: string): { readonly image: Image; release(): void } {
    const image = this.find(caller, reference);
    return { image, release: this.context.layers.pin(image.content.layers.map(({ chainId }) => chainId)) };
  }

  /** Throws INVALID_ARCHIVE, INVALID_PARAMS, LIMIT, NO_SPACE, CANCELLED. Nothing half-made stays, and the upload is at its end. */
  async import(caller: Caller, options: ImportOptions): Promise<readonly Image[]> {
    try {
      return await this.making.run(caller.uid, () => this.importAdmitted(caller, options));
    } finally {
      options.upload.destroy();
    }
  }

  private async importAdmitted(caller: Caller, options: ImportOptions): Promise<readonly Image[]> {
    const reference = options.reference === undefined ? undefined : parseName(options.reference);
    const request = { ...options, reference, hasLayer: (layer: KnownLayer) => this.hasLayer(caller, layer) };
    return this.add(caller, { reference, signal: options.signal, what: 'import' }, (context, staging) => new Import(context, request, staging));
  }

  /** As {@link add}, in one of the caller's few slots. */
  make(caller: Caller, addition: Addition, make: (context: ImportContext, staging: string) => Preparation): Promise<readonly Image[]> {
    return this.making.run(caller.uid, () => this.add(caller, addition, make));
  }

  /** What `make` prepares in a fresh folder becomes the caller's, as one change, or nothing of it stays. Throws what it throws; LIMIT, NO_SPACE, CANCELLED. */
  async add(caller: Caller, { reference, signal, what }: Addition, make: (context: ImportContext, staging: string) => Preparation): Promise<readonly Image[]> {
    const staging = await this.context.store.makeStaging().catch((error: unknown) => {
      throw withoutSpace(error);
    });
    const work = make(this.context, staging);
    try {
      const prepared = await work.prepare();
      return await this.turn.run(() => this.commit(caller, prepared, reference));
    } catch (error) {
      work.end();
      await this.sweep();
      throw signal.aborted ? cancelled(what) : withoutSpace(error);
    } finally {
      work.end();
      await this.context.kernel.removeTree(staging).catch(logFailure(this.log, 'a staging folder could not be removed', { staging }));
    }
  }

  /** Throws LIMIT when `caller` may not have this image besides what he has. */
  admit(caller: Caller, content: ImageContent): void {
    admitChange(caller, this.catalog, this.catalog.with(caller.uid, content, [], Date.now()), this.context.limits);
  }

  tag(caller: Caller, source: string, reference: string): Promise<Image> {
    const name = parseName(reference);
    return this.turn.run(async () => {
      const { content } = this.find(caller, source);
      const next = this.catalog.with(caller.uid, content, [name], Date.now());
      admitChange(caller, this.catalog, next, this.context.limits);
      await this.replace(caller.uid, next);
      return this.ownImage(caller, content.id);
    });
  }

  /** A name, and with the last one the image; `allNames`: by an id, all of them. Throws NOT_FOUND, DENIED (somebody else's), CONFLICT (in use, or several names). */
  remove(caller: Caller, reference: string, force: boolean, allNames = false): Promise<Removed> {
    return this.turn.run(async () => {
      const image = this.find(caller, reference);
      if (image.ownerUid !== caller.uid && caller.role !== 'admin') throw new Failure('DENIED', { object: reference, reason: 'the image is not yours' });
      const names = namesToRemove(image, reference, force || allNames);
      if (names.length < image.references.length) return this.untag(image, names);
      return this.delete(image, force);
    });
  }

  /** Its blobs and its layers stay until `release`. Throws NOT_FOUND. */
  lease(caller: Caller, reference: string): { readonly image: Image; readonly release: () => void } {
    const image = this.find(caller, reference);
    return { image, release: this.keep(image.content) };
  }

  /** What a container was made from: its blobs and its layers stay until `release`. Throws CONFLICT when nobody has that image any more. */
  holdContent(id: string): { readonly content: ImageContent; readonly release: () => void } {
    const content = this.catalog.contents.get(id);
    if (content === undefined) throw conflict(id, 'the image that the container was made from has been removed');
    return { content, release: this.keep(content) };
  }

  /** `work` in one of the caller's few slots for what makes images or blobs of his own. Throws LIMIT. */
  inSlot<T>(caller: Caller, work: () => Promise<T>): Promise<T> {
    return this.making.run(caller.uid, work);
  }

  /** The blob that stands for a layer already; it stays until `release`. */
  async leasePacked(diffId: string): Promise<{ readonly packed: PackedLayer; readonly release: () => void } | null> {
    return this.turn.run(async () => {
      const packed = await this.context.packed.find(diffId);
      return packed === null ? null : { packed, release: this.leases.take([packed.digest]) };
    });
  }

  /** A blob that stands for a layer that had none, kept as long as an image has the layer, or `release` has not been called. */
  async keepPacked(file: string, layer: PackedLayer): Promise<() => void> {
    const release = this.leases.take([layer.digest]);
    try {
      await this.turn.run(async () => {
        await this.context.store.keepBlob(file, layer.digest);
        await this.context.packed.keep(layer);
      });
      return release;
    } catch (error) {
      release();
      throw withoutSpace(error);
    }
  }

  /** Removes the caller's own images that no container uses: those without a name, or (`all`) any; `dryRun`: only says which. */
  prune(caller: Caller, { all, beforeMs, dryRun }: PruneOptions): Promise<Pruned> {
    return this.turn.run(async () => {
      const own = this.catalog.all().filter(({ ownerUid }) => ownerUid === caller.uid);
      const old = own.filter(({ references, importedMs }) => (all || references.length === 0) && importedMs < (beforeMs ?? Infinity));
      const unused = old.filter((image) => this.hooks.usersOf(image).length === 0);
      const next = unused.reduce((catalog, image) => catalog.without(image), this.catalog);
      const left = next.blobSizes();
      const freed = [...this.catalog.blobSizes()].filter(([digest]) => !left.has(digest)).reduce((sum, [, bytes]) => sum + bytes, 0);
      if (!dryRun && unused.length > 0) {
        await this.replace(caller.uid, next);
        await this.garbage.collect(this.catalog);
      }
      return { images: unused, freedBytes: freed };
    });
  }

  /** What each image that the caller sees takes of the store: alone, and together with others'. */
  usage(caller: Caller): readonly ImageUsage[] {
    const all = this.catalog.all();
    const holders = new Map<string, Set<string>>();
    for (const { content } of all) for (const [digest] of sizesOf(content)) holders.set(digest, (holders.get(digest) ?? new Set()).add(content.id));
    return this.visibleTo(caller).map((image) => {
      const parts = sizesOf(image.content).map(([digest, bytes]) => ({ bytes, isShared: (holders.get(digest)?.size ?? 0) > 1 }));
      const of = (shared: boolean) => parts.filter(({ isShared }) => isShared === shared).reduce((sum, { bytes }) => sum + bytes, 0);
      return { image, ownBytes: of(false), sharedBytes: of(true), users: this.hooks.usersOf(image, caller) };
    });
  }

  /** Whether `caller` can use an image with this very layer. The size too: it counts against a quota, and whoever brings the layer says it. */
  hasLayer(caller: Caller, layer: KnownLayer): boolean {
    const layers = this.visibleTo(caller).flatMap((image) => image.content.layers);
    return layers.some(
      ({ digest, diffId, chainId, sizeBytes }) =>
        digest === layer.digest && diffId === layer.diffId && chainId === layer.chainId && sizeBytes === layer.sizeBytes,
    );
  }

  private keep({ id, configDigest, layers }: ImageContent): () => void {
    const unlease = this.leases.take([id, configDigest, ...layers.map(({ digest }) => digest)]);
    const unpin = this.context.layers.pin(layers.map(({ chainId }) => chainId));
    return () => {
      unlease();
      unpin();
    };
  }

  private async untag(image: Image, names: readonly string[]): Promise<Removed> {
    await this.replace(image.ownerUid, this.catalog.withoutNames(image, names));
    return { untagged: names, deleted: [] };
  }

  private async delete(image: Image, force: boolean): Promise<Removed> {
    const [user] = this.hooks.usersOf(image);
    if (user !== undefined && !force) throw conflict(user, 'the container uses the image');
    await this.replace(image.ownerUid, this.catalog.without(image));
    await this.garbage.collect(this.catalog);
    return { untagged: image.references, deleted: [image.content.id] };
  }

  private async commit(caller: Caller, prepared: readonly PreparedImage[], reference: string | undefined): Promise<readonly Image[]> {
    const next = prepared.reduce((catalog, { content, names }) => catalog.with(caller.uid, content, namesOf(names, reference), Date.now()), this.catalog);
    admitChange(caller, this.catalog, next, this.context.limits);
    try {
      for (const image of prepared) await this.keepBlobs(image);
      await this.replace(caller.uid, next);
    } catch (error) {
      throw withoutSpace(error);
    }
    return prepared.map(({ content }) => this.ownImage(caller, content.id));
  }

  private async keepBlobs({ blobs }: PreparedImage): Promise<void> {
    const { store } = this.context;
    for (const { digest, file } of blobs) {
      if (await store.hasBlob(digest)) continue;
      if (file === null && this.catalog.hasPlainLayer(digest)) continue;
      if (file === null) throw conflict(digest, 'the image that this layer was shared with has just been removed');
      await store.keepBlob(file, digest);
    }
  }

  /** Disk first, then memory, then whoever watches. */
  private async replace(uid: number, next: Catalog): Promise<void> {
    const before = this.catalog;
    await this.context.store.saveIndex(next.entries).catch((error: unknown) => {
      throw withoutSpace(error);
    });
    this.catalog = next;
    for (const id of changedIds(before, next, uid)) this.hooks.changed(id, uid);
  }

  private ownImage(caller: Caller, id: string): Image {
    const image = this.catalog.own(caller.uid, id);
    if (image === null) throw new Error('a committed image is missing');
    return image;
  }
}
