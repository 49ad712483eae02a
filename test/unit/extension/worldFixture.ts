// Containers, images, snapshots and deltas for tests of the model, made by the protocol's own schemas.
import { createHash } from 'node:crypto';
import { containerSummary, type ContainerState, type ContainerSummary } from '../../../protocol/containers.js';
import { delta as deltaSchema, snapshot as snapshotSchema, type Change, type Delta, type Snapshot } from '../../../protocol/events.js';
import { imageSummary, pullSummary, type ImageSummary, type PullSummary } from '../../../protocol/images.js';
import { containerId, type ContainerId } from '../../../protocol/scalars.js';

const digest = (seed: string) => createHash('sha256').update(seed).digest('hex');

export const id = (seed: string): ContainerId => containerId.parse(digest(seed));

export const EXITED = { code: 0, signal: null, oomKilled: false, unknown: null, atMs: 5_000 } as const;

export function container(seed: string, more: Partial<Omit<ContainerSummary, 'id'>> = {}): ContainerSummary {
  return containerSummary.parse({
    id: id(seed),
    name: seed,
    image: 'bulkhead/busybox:latest',
    imageId: image('busybox').id,
    command: 'sh',
    state: { status: 'created' },
    createdMs: 1_000,
    ownerUid: 1000,
    terminal: false,
    openStdin: false,
    restart: { name: 'no' },
    restartCount: 0,
    labels: {},
    ...more,
  });
}

export const running = { status: 'running', pid: 42, sinceMs: 2_000 } as const;

export function exited(more: Partial<typeof EXITED | { code: number; signal: number | null; oomKilled: boolean; atMs: number }> = {}): ContainerState {
  return { status: 'exited', exit: { ...EXITED, ...more } };
}

export function image(seed: string, references: readonly string[] = [`${seed}:latest`]): ImageSummary {
  return imageSummary.parse({
    id: `sha256:${digest(seed)}`,
    references: [...references],
    createdMs: null,
    importedMs: 1_000,
    sizeBytes: 1_234_567,
    layers: 1,
    architecture: 'amd64',
    ownerUid: 1000,
  });
}

export function pull(seed: string, more: Partial<PullSummary> = {}): PullSummary {
  return pullSummary.parse({
    id: digest(seed).slice(0, 32),
    ownerUid: 1000,
    reference: `${seed}:latest`,
    startedMs: 1_000,
    phase: 'downloading',
    layers: [],
    totalBytes: 1000,
    downloadedBytes: 0,
    bytesPerSecond: null,
    ...more,
  });
}

export function snapshot(sequence: number, containers: readonly ContainerSummary[] = [], images: readonly ImageSummary[] = []): Snapshot {
  return snapshotSchema.parse({ sequence, containers, images, pulls: [] });
}

export function delta(sequence: number, changes: readonly Change[] = []): Delta {
  return deltaSchema.parse({ sequence, atMs: 1_000, changes });
}
