// Which containers ended badly and have not been looked at since: the badge's number. Pure but for what it remembers.
import type { ContainerSummary } from '../../protocol/containers.js';
import { troubleAtMs } from './containerState.js';
import type { World } from './world.js';

export class Attention {
  private readonly stopped = new Set<string>();

  /** `seenUntilMs`: ends up to that time (by the helper's clock) have been seen. */
  constructor(private seenUntilMs: number) {}

  /** Learns from a change which ends somebody asked for: those that came by way of `stopping`. */
  observe(before: World, after: World): void {
    for (const [id, { state }] of after.containers) {
      const previous = before.containers.get(id)?.state.status;
      if (previous === 'stopping' && state.status === 'exited') this.stopped.add(id);
      else if (state.status !== 'exited') this.stopped.delete(id);
    }
    for (const id of this.stopped) if (!after.containers.has(id)) this.stopped.delete(id);
  }

  needing(world: World): ContainerSummary[] {
    return [...world.containers.values()].filter((container) => {
      const atMs = troubleAtMs(container);
      return atMs !== undefined && atMs > this.seenUntilMs && !this.stopped.has(container.id);
    });
  }

  /** All that is in `world` has now been seen. Returns the time to remember. */
  markSeen(world: World): number {
    const times = [...world.containers.values()].map((container) => troubleAtMs(container) ?? 0);
    this.seenUntilMs = Math.max(this.seenUntilMs, ...times);
    return this.seenUntilMs;
  }
}
