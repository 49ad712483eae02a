// Layers: unpacked by the kernel's side, verified, shared by chain id; kept as long as somebody refers to them.
import { chainIds } from './content.js';
import { cancelled, conflict, errnoName, Failure, invalidArchive, withoutSpace } from '../failure.js';
import { KernelError, type Kernel, type LayerLimits, type Unpacked } from '../../kernel/kernel.js';
import { logFailure, type Log } from '../log.js';
import type { ImageStore } from '../../store/imageStore.js';

/** A layer's blob and what it has to turn out to be; null: not known before. */
export interface ExpectedLayer {
  readonly file: string;
  readonly digest: string | null;
  readonly diffId: string | null;
}

export interface PinnedLayer {
  readonly unpacked: Unpacked;
  /** To be called once a record names the layer, or nobody wants it any more. */
  readonly unpin: () => void;
}

export class Layers {
  /** How many imports and creations rely on a chain id that no record names yet. */
  private readonly pins = new Map<string, number>();
  private readonly discarding = new Map<string, Promise<string | null>>();

  constructor(
    private readonly kernel: Kernel,
    private readonly store: ImageStore,
    private readonly limits: LayerLimits,
    private readonly log: Log,
  ) {}

  /** Keeps layers from being collected until the result is called. */
  pin(ids: readonly string[]): () => void {
    for (const id of ids) this.pins.set(id, (this.pins.get(id) ?? 0) + 1);
    let pinned = true;
    return () => {
      if (!pinned) return;
      pinned = false;
      for (const id of ids) this.unpin(id);
    };
  }

  /**
   * Unpacks a layer on top of the layers whose blobs are `below`, verifies it and gives it its place, pinned. It is unpacked even if there
   * is one of that chain id already: only who has a layer's bytes may use it. Throws INVALID_ARCHIVE, LIMIT, NO_SPACE, CANCELLED.
   */
  async unpack(expected: ExpectedLayer, below: readonly string[], onProgress: (blobBytes: number) => void, signal: AbortSignal): Promise<PinnedLayer> {
    const directory = await this.store.makeLayerStaging();
    try {
      const lowerDirectories = chainIds(below).map((chainId) => this.store.layerPath(chainId));
      const request = { blobPath: expected.file, directory, lowerDirectories, limits: this.limits };
      const unpacked = await this.kernel.unpackLayer(request, onProgress, signal);
      verify(expected, unpacked);
      return { unpacked, unpin: await this.keep(directory, chainIds([...below, unpacked.digest]).at(-1) ?? unpacked.digest) };
    } catch (error) {
      throw asUnpackFailure(error, signal);
    } finally {
      await this.removeTree(directory);
    }
  }

  /**
   * Makes a layer, pinned, of what is in the upper directory `source` of a container: by way of the tar that it is, so that a layer of this
   * chain id is what anybody gets who unpacks that. Throws LIMIT, NO_SPACE, CANCELLED, and CONFLICT for what no layer can say.
   */
  async commit(source: string, below: readonly string[], onProgress: (tarBytes: number) => void, signal: AbortSignal): Promise<PinnedLayer> {
    const directory = await this.store.makeLayerStaging();
    try {
      const unpacked = await this.kernel.commitLayer({ source, directory, limits: this.limits }, onProgress, signal);
      return { unpacked, unpin: await this.keep(directory, chainIds([...below, unpacked.digest]).at(-1) ?? unpacked.digest) };
    } catch (error) {
      throw asTreeFailure(error, signal);
    } finally {
      await this.removeTree(directory);
    }
  }

  /** Writes the tar of a layer into the new file `target`, by gzip; null: only its digest is wanted. Throws as {@link commit}. */
  async pack(chainId: string, target: string | null, onProgress: (tarBytes: number) => void, signal: AbortSignal): Promise<Unpacked> {
    const request = { directory: this.store.layerPath(chainId), target, limits: this.limits };
    return this.kernel.packLayer(request, onProgress, signal).catch((error: unknown) => {
      throw asTreeFailure(error, signal);
    });
  }

  /** Removes all layers that neither a pin names nor `isUsed`, which is asked at the very moment of each one's removal: much happens meanwhile. */
  async collect(isUsed: (chainId: string) => boolean): Promise<void> {
    for (const chainId of await this.store.layers()) {
      if (this.pins.has(chainId) || isUsed(chainId)) continue;
      const left = await this.discard(chainId);
      if (left !== null) await this.removeTree(left);
    }
  }

  /** Nobody can come to use it once this has been called: who unpacks it again waits until the name is free. */
  private async discard(chainId: string): Promise<string | null> {
    const discarding = this.store.discardLayer(chainId);
    this.discarding.set(chainId, discarding);
    try {
      return await discarding;
    } finally {
      this.discarding.delete(chainId);
    }
  }

  private async keep(directory: string, chainId: string): Promise<() => void> {
    const unpin = this.pin([chainId]);
    try {
      await this.discarding.get(chainId)?.catch(() => undefined);
      await this.store.keepLayer(directory, chainId);
      return unpin;
    } catch (error) {
      unpin();
      throw error;
    }
  }

  private unpin(id: string): void {
    const count = (this.pins.get(id) ?? 1) - 1;
    if (count === 0) this.pins.delete(id);
    else this.pins.set(id, count);
  }

  private async removeTree(folder: string): Promise<void> {
    await this.kernel.removeTree(folder).catch(logFailure(this.log, 'a layer’s folder could not be removed', { folder }));
  }
}

function verify(expected: ExpectedLayer, { digest, diffId }: Unpacked): void {
  if (expected.digest !== null && expected.digest !== digest) throw invalidArchive('does not have its digest', expected.digest);
  if (expected.diffId !== null && expected.diffId !== diffId) throw invalidArchive('a layer is not what its config says', expected.diffId);
}

/** What can't be written as a tar is the tree's own fault, as is what no layer can hold. */
function asTreeFailure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || errnoName(error) === 'ECANCELED') return cancelled('commit');
  if (!(error instanceof KernelError)) return withoutSpace(error);
  if (error.step === 'archive-limit') return new Failure('LIMIT', { reason: error.object }, { cause: error });
  if (error.step === 'read-tree' && error.errnoName === 'EINVAL') return conflict(error.object, 'a layer can’t hold what is named as a whiteout (“.wh.…”)');
  if (error.step === 'read-tree' && error.errnoName === 'EOPNOTSUPP') return conflict(error.object, 'overlayfs keeps a part of it in another layer');
  return withoutSpace(error);
}

/** What a hostile archive provokes in the kernel; anything else that it says is not the archive's fault. */
const PROVOKED: ReadonlySet<string> = new Set(['EBADMSG', 'EINVAL', 'EILSEQ', 'ELOOP', 'EXDEV', 'ENAMETOOLONG', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOENT']);

function asUnpackFailure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted || errnoName(error) === 'ECANCELED') return cancelled('import');
  if (!(error instanceof KernelError)) return withoutSpace(error);
  if (error.step === 'archive-limit') return new Failure('LIMIT', { reason: error.object }, { cause: error });
  if (error.step === 'archive') return invalidArchive(error.object);
  return error.step === 'unpack' && PROVOKED.has(error.errnoName) ? invalidArchive(error.errnoName, error.object) : withoutSpace(error);
}
