// Removes the blobs and layers that no image and no container names. What can't be removed now goes at the next start.
import { logFailure, type Log } from '../log.js';
import type { ImageStore } from '../../store/imageStore.js';
import type { PackedLayers } from '../../store/packedLayers.js';
import type { Catalog } from './catalog.js';
import type { Layers } from './layers.js';

export class Garbage {
  constructor(
    private readonly store: ImageStore,
    private readonly layers: Layers,
    /** Chain ids that containers need; null: not all containers are known. */
    private readonly usedChainIds: () => ReadonlySet<string> | null,
    /** Whether somebody reads a blob. */
    private readonly isLeased: (digest: string) => boolean,
    private readonly packed: PackedLayers,
    private readonly log: Log,
  ) {}

  async collect(catalog: Catalog): Promise<void> {
    await this.collectAll(catalog).catch(logFailure(this.log, 'what no image needs could not be removed'));
  }

  /** When not everything is known, nothing is garbage. `catalog` stays the one in force: changes to it wait for the end of this. */
  private async collectAll(catalog: Catalog): Promise<void> {
    if (this.usedChainIds() === null || !catalog.isComplete()) return;
    const ofImages = catalog.chainIds();
    const named = catalog.blobs();
    const packed = this.packed.digestsOf(catalog.diffIds());
    const garbage = (await this.store.blobs()).filter((digest) => !named.has(digest) && !packed.has(digest) && !this.isLeased(digest));
    for (const digest of garbage) await this.store.removeBlob(digest);
    await this.layers.collect((chainId) => ofImages.has(chainId) || this.usedChainIds()?.has(chainId) !== false);
  }
}
