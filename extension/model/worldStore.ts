// Holds the current world, and tells what changed in it. The only writer is the client.
import type { ContainerSummary } from '../../protocol/containers.js';
import type { Delta, Snapshot } from '../../protocol/events.js';
import type { ImageSummary } from '../../protocol/images.js';
import { Listeners } from './listeners.js';
import { applyDelta, difference, emptyWorld, worldOf, type World, type WorldChange } from './world.js';

export interface WorldEvent {
  readonly before: World;
  readonly after: World;
  readonly change: WorldChange;
}

export class WorldStore {
  private readonly changed = new Listeners<WorldEvent>();
  private current: World = emptyWorld;
  readonly onDidChange = this.changed.add;

  get world(): World {
    return this.current;
  }

  container(id: string): ContainerSummary | undefined {
    return this.current.containers.get(id);
  }

  image(id: string): ImageSummary | undefined {
    return this.current.images.get(id);
  }

  reset(snapshot: Snapshot): void {
    this.become(worldOf(snapshot));
  }

  apply(delta: Delta): 'applied' | 'stale' | 'gap' {
    const next = applyDelta(this.current, delta);
    if (next === 'stale' || next === 'gap') return next;
    this.become(next);
    return 'applied';
  }

  clear(): void {
    if (this.current !== emptyWorld) this.become(emptyWorld);
  }

  dispose(): void {
    this.changed.dispose();
  }

  private become(after: World): void {
    const before = this.current;
    this.current = after;
    this.changed.fire({ before, after, change: difference(before, after) });
  }
}
