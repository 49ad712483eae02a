// Who watches the world, and what has changed since he was last told. What changes within one tick is told once, as it is at
// the tick's end. Nothing runs while nothing changes.
import type { PullSummary } from '../../../protocol/images.js';
import type { Caller } from '../caller.js';
import type { ContainerRecord } from '../containers/container.js';
import type { Image } from '../images/image.js';

export type Change =
  | { readonly kind: 'container/upsert'; readonly container: ContainerRecord }
  | { readonly kind: 'container/remove'; readonly id: string }
  | { readonly kind: 'image/upsert'; readonly image: Image }
  | { readonly kind: 'image/remove'; readonly id: string }
  | { readonly kind: 'pull/upsert'; readonly pull: PullSummary }
  | { readonly kind: 'pull/remove'; readonly id: string };

export interface Delta {
  /** One more than that of the delta (or the snapshot, 0) before. */
  readonly sequence: number;
  readonly atMs: number;
  readonly changes: readonly Change[];
}

/** The world as one caller sees it, now. */
export interface World {
  containers(caller: Caller): readonly ContainerRecord[];
  images(caller: Caller): readonly Image[];
  pulls(caller: Caller): readonly PullSummary[];
  container(caller: Caller, id: string): ContainerRecord | null;
  image(caller: Caller, id: string): Image | null;
  pull(caller: Caller, id: string): PullSummary | null;
}

export interface Subscription {
  readonly snapshot: {
    readonly sequence: number;
    readonly containers: readonly ContainerRecord[];
    readonly images: readonly Image[];
    readonly pulls: readonly PullSummary[];
  };
  /** No delta comes after this. */
  close(): void;
}

interface Subscriber {
  readonly caller: Caller;
  readonly listener: (delta: Delta) => void;
  sequence: number;
  readonly containers: Set<string>;
  readonly images: Set<string>;
  readonly pulls: Set<string>;
}

export class EventBus {
  private readonly subscribers = new Set<Subscriber>();
  private flushing = false;

  constructor(private readonly world: World) {}

  /** `listener` gets everything that changes after the snapshot. */
  subscribe(caller: Caller, listener: (delta: Delta) => void): Subscription {
    const subscriber: Subscriber = { caller, listener, sequence: 0, containers: new Set(), images: new Set(), pulls: new Set() };
    const snapshot = { sequence: 0, containers: this.world.containers(caller), images: this.world.images(caller), pulls: this.world.pulls(caller) };
    this.subscribers.add(subscriber);
    return { snapshot, close: () => this.subscribers.delete(subscriber) };
  }

  containerChanged(id: string, mayKnow: (caller: Caller) => boolean): void {
    this.note(mayKnow, (subscriber) => subscriber.containers.add(id));
  }

  imageChanged(id: string, mayKnow: (caller: Caller) => boolean): void {
    this.note(mayKnow, (subscriber) => subscriber.images.add(id));
  }

  pullChanged(id: string, mayKnow: (caller: Caller) => boolean): void {
    this.note(mayKnow, (subscriber) => subscriber.pulls.add(id));
  }

  private note(mayKnow: (caller: Caller) => boolean, add: (subscriber: Subscriber) => void): void {
    for (const subscriber of this.subscribers) {
      if (!mayKnow(subscriber.caller)) continue;
      add(subscriber);
      this.flushSoon();
    }
  }

  private flushSoon(): void {
    if (this.flushing) return;
    this.flushing = true;
    setImmediate(() => {
      this.flushing = false;
      for (const subscriber of this.subscribers) this.flush(subscriber);
    });
  }

  private flush(subscriber: Subscriber): void {
    const changes = [
      ...[...subscriber.containers].map((id) => this.containerChange(subscriber.caller, id)),
      ...[...subscriber.images].map((id) => this.imageChange(subscriber.caller, id)),
      ...[...subscriber.pulls].map((id) => this.pullChange(subscriber.caller, id)),
    ];
    subscriber.containers.clear();
    subscriber.images.clear();
    subscriber.pulls.clear();
    if (changes.length === 0) return;
    subscriber.sequence += 1;
    subscriber.listener({ sequence: subscriber.sequence, atMs: Date.now(), changes });
  }

  private containerChange(caller: Caller, id: string): Change {
    const container = this.world.container(caller, id);
    return container === null ? { kind: 'container/remove', id } : { kind: 'container/upsert', container };
  }

  private imageChange(caller: Caller, id: string): Change {
    const image = this.world.image(caller, id);
    return image === null ? { kind: 'image/remove', id } : { kind: 'image/upsert', image };
  }

  private pullChange(caller: Caller, id: string): Change {
    const pull = this.world.pull(caller, id);
    return pull === null ? { kind: 'pull/remove', id } : { kind: 'pull/upsert', pull };
  }
}
