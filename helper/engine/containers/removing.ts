// Removing containers: the name goes first, by one rename, then what it named. Works on a full disk.
import { rm } from 'node:fs/promises';
import type { Caller } from '../caller.js';
import { wrongState } from '../failure.js';
import { logFailure } from '../log.js';
import { Trace } from '../trace.js';
import type { Container } from './container.js';
import { cgroupOf, inTurn, type ContainerContext } from './context.js';
import type { Lifecycle } from './lifecycle.js';
import { canRemove, isLive } from './state.js';
import type { Stopping } from './stopping.js';

export interface Pruned {
  readonly removed: readonly string[];
  readonly reclaimedBytes: number;
}

export class Removing {
  constructor(
    private readonly context: ContainerContext,
    private readonly lifecycle: Lifecycle,
    private readonly stopping: Stopping,
  ) {}

  /** Throws WRONG_STATE for one that runs, unless `force`. */
  remove(container: Container, force: boolean): Promise<void> {
    return inTurn(container, async () => {
      if (!canRemove(container.state) && !force) throw wrongState(container.record.name, `it is ${container.state.status}`);
      container.change({ stoppedByHand: true });
      this.lifecycle.cancelRestart(container);
      if (isLive(container.state)) await this.stopping.killAll(container, new Trace());
      // One that removes itself at its end may just have done so.
      if (!container.removed) await this.removeInTurn(container);
    });
  }

  /** In the container's turn, when nothing of it runs. */
  async removeInTurn(container: Container): Promise<void> {
    await this.context.parking.discard(container);
    const left = await this.context.store.discard(container.id);
    container.monitor?.close();
    this.context.registry.delete(container);
    container.markRemoved();
    await this.context.persistence.idle(container);
    await rm(this.context.paths.container(container.id).run, { recursive: true, force: true });
    // Its monitor has removed what it had made; groups of limits that were set later, or that were busy for long, are still there.
    const cgroup = cgroupOf(this.context, container.id);
    await this.context.kernel.cgroupRemove(cgroup).catch(logFailure(this.context.log, 'the cgroups of a removed container could not be removed', { cgroup }));
    // What can't be removed now is called `.tmp-…` and goes at the next start.
    await this.context.kernel.removeTree(left).catch(logFailure(this.context.log, 'a removed container left files behind', { left }));
  }

  /** Removes all of the caller's own containers that nothing goes on in. */
  async prune(caller: Caller): Promise<Pruned> {
    const own = this.context.registry.all().filter((container) => container.record.owner.uid === caller.uid);
    const removed: string[] = [];
    let reclaimedBytes = 0;
    for (const container of own.filter(({ state }) => canRemove(state))) {
      const bytes = await this.removeIfStill(container);
      if (bytes === null) continue;
      removed.push(container.id);
      reclaimedBytes += bytes;
    }
    return { removed, reclaimedBytes };
  }

  /** The bytes that it took on disk; null: something goes on in it again. Counted in its turn: nothing of it runs meanwhile. */
  private removeIfStill(container: Container): Promise<number | null> {
    return container.turn.run(async () => {
      if (container.removed || !canRemove(container.state)) return null;
      const { folder } = this.context.paths.container(container.id);
      const bytes = await this.context.kernel.treeSize(folder).catch((error: unknown) => {
        logFailure(this.context.log, 'a container’s files could not be counted', { container: container.id })(error);
        return 0;
      });
      await this.removeInTurn(container);
      return bytes;
    });
  }
}
