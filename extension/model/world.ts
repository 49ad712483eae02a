// The world that the helper pushes, as one immutable value, and how a delta makes the next one.
import type { ContainerSummary } from '../../protocol/containers.js';
import type { Change, Delta, Snapshot } from '../../protocol/events.js';
import type { ImageSummary, PullSummary } from '../../protocol/images.js';

export interface World {
  /** Of the last snapshot or delta. */
  readonly sequence: number;
  readonly containers: ReadonlyMap<string, ContainerSummary>;
  readonly images: ReadonlyMap<string, ImageSummary>;
  /** What is being fetched. */
  readonly pulls: ReadonlyMap<string, PullSummary>;
}

/** What differs between two worlds, for the views: which elements, and whether any came or went. */
export interface WorldChange {
  readonly containers: Touched;
  readonly images: Touched;
  readonly pulls: Touched;
}

export interface Touched {
  readonly updated: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export const emptyWorld: World = { sequence: 0, containers: new Map(), images: new Map(), pulls: new Map() };

export function worldOf(snapshot: Snapshot): World {
  return {
    sequence: snapshot.sequence,
    containers: new Map(snapshot.containers.map((container) => [container.id, container])),
    images: new Map(snapshot.images.map((image) => [image.id, image])),
    pulls: new Map(snapshot.pulls.map((pull) => [pull.id, pull])),
  };
}

/** `stale`: the world has it already; `gap`: something before it is missing. */
export function applyDelta(world: World, delta: Delta): World | 'stale' | 'gap' {
  if (delta.sequence <= world.sequence) return 'stale';
  if (delta.sequence !== world.sequence + 1) return 'gap';
  const containers = new Map(world.containers);
  const images = new Map(world.images);
  const pulls = new Map(world.pulls);
  for (const change of delta.changes) applyChange({ containers, images, pulls }, change);
  return { sequence: delta.sequence, containers, images, pulls };
}

interface Changing {
  readonly containers: Map<string, ContainerSummary>;
  readonly images: Map<string, ImageSummary>;
  readonly pulls: Map<string, PullSummary>;
}

function applyChange({ containers, images, pulls }: Changing, change: Change): void {
  switch (change.kind) {
    case 'container/upsert':
      containers.set(change.container.id, change.container);
      return;
    case 'container/remove':
      containers.delete(change.id);
      return;
    case 'image/upsert':
      images.set(change.image.id, change.image);
      return;
    case 'image/remove':
      images.delete(change.id);
      return;
    case 'pull/upsert':
      pulls.set(change.pull.id, change.pull);
      return;
    case 'pull/remove':
      pulls.delete(change.id);
  }
}

export function difference(before: World, after: World): WorldChange {
  return { containers: touched(before.containers, after.containers), images: touched(before.images, after.images), pulls: touched(before.pulls, after.pulls) };
}

function touched<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): Touched {
  const ids = [...after.keys()];
  return {
    updated: ids.filter((id) => before.has(id) && before.get(id) !== after.get(id)),
    added: ids.filter((id) => !before.has(id)),
    removed: [...before.keys()].filter((id) => !after.has(id)),
  };
}
