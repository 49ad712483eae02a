// From the engine's shapes to those on the wire.
import type { ContainerState as WireState, ContainerSummary, ContainerDetails as WireDetails, ContainerStats } from '../../protocol/containers.js';
import type { Change as WireChange } from '../../protocol/events.js';
import type { ImageDetails, ImageSummary } from '../../protocol/images.js';
import type { ContainerId, ImageId } from '../../protocol/scalars.js';
import type { ContainerRecord } from '../engine/containers/container.js';
import type { ContainerDetails, Usage } from '../engine/containers/observing.js';
import { isLive, type ContainerState } from '../engine/containers/state.js';
import type { Change } from '../engine/events/eventBus.js';
import type { HistoryEntry, Image } from '../engine/images/image.js';

// The engine makes its ids itself: what it calls an id has an id's form.
export const toContainerId = (id: string): ContainerId => id as ContainerId;
export const toImageId = (id: string): ImageId => id as ImageId;

export function toSummary(record: ContainerRecord): ContainerSummary {
  const { spec, image } = record;
  return {
    id: toContainerId(record.id),
    name: record.name,
    image: image.reference,
    imageId: toImageId(image.id),
    command: record.command,
    state: toState(record.state),
    createdMs: record.createdMs,
    ownerUid: record.owner.uid,
    terminal: spec.terminal,
    openStdin: spec.openStdin,
    restart: spec.restart,
    restartCount: record.restartCount,
    labels: spec.labels,
  };
}

function toState(state: ContainerState): WireState {
  if (!isLive(state)) return state;
  return { status: state.status, pid: state.process.pid, sinceMs: state.sinceMs };
}

export function toDetails(details: ContainerDetails): WireDetails {
  const { record, config, cgroupPath, logPath, ledger } = details;
  return {
    summary: toSummary(record),
    spec: record.spec,
    config,
    cgroupPath,
    logPath,
    ledger: ledger.map((entry) => ({ ...entry, steps: [...entry.steps] })),
  };
}

export function toStats({ pressure, ...numbers }: Usage): ContainerStats {
  return { atMs: Date.now(), ...numbers, pressure: { ...pressure } };
}

export function toImageSummary({ ownerUid, references, importedMs, content }: Image): ImageSummary {
  return {
    id: toImageId(content.id),
    references: [...references],
    createdMs: content.createdMs,
    importedMs,
    sizeBytes: content.sizeBytes,
    layers: content.layers.length,
    architecture: content.architecture,
    ownerUid,
  };
}

export function toImageDetails(image: Image, history: readonly HistoryEntry[]): ImageDetails {
  const { content } = image;
  return {
    summary: toImageSummary(image),
    defaults: content.defaults,
    layers: content.layers.map(({ digest, diffId, sizeBytes, mediaType }) => ({ digest, diffId, sizeBytes, mediaType })),
    history: [...history],
  };
}

export function toChange(change: Change): WireChange {
  switch (change.kind) {
    case 'container/upsert':
      return { kind: change.kind, container: toSummary(change.container) };
    case 'container/remove':
      return { kind: change.kind, id: toContainerId(change.id) };
    case 'image/upsert':
      return { kind: change.kind, image: toImageSummary(change.image) };
    case 'image/remove':
      return { kind: change.kind, id: toImageId(change.id) };
    case 'pull/upsert':
    case 'pull/remove':
      return change;
  }
}
