// Between the engine's record of a container and the one on disk.
import type { ContainerSpec } from '../../../protocol/containers.js';
import { CONTAINER_RECORD_VERSION, type ContainerRecord as DiskRecord, type StateRecord } from '../../store/containerRecord.js';
import type { ContainerRecord } from './container.js';
import { mainCommand } from './mainCommand.js';
import type { ContainerState } from './state.js';

export function toDisk(record: ContainerRecord): DiskRecord {
  const { id, name, owner, createdMs, image, spec, plan, bootId, stoppedByHand, restartCount } = record;
  return {
    version: CONTAINER_RECORD_VERSION,
    id,
    name,
    owner: { uid: owner.uid, gid: owner.gid, groups: [...owner.groups], role: owner.role },
    createdMs,
    image: { ...image, chainIds: [...image.chainIds] },
    spec,
    plan: { binds: [...plan.binds], user: plan.user, idMapped: plan.idMapped, noSuid: plan.noSuid },
    state: stateToDisk(record.state),
    bootId,
    stoppedByHand,
    restartCount,
  };
}

export function fromDisk(disk: DiskRecord): ContainerRecord {
  const { version: _version, state, ...rest } = disk;
  // The spec on disk was a checked spec when it was written; its schema holds the same fields.
  const spec: ContainerSpec = disk.spec;
  return { ...rest, spec, command: mainCommand(spec, disk.image.defaults), state: stateFromDisk(state) };
}

/** What is under way is kept as what it came from: the next start finds out from the run directory how it went on. */
function stateToDisk(state: ContainerState): StateRecord {
  switch (state.status) {
    case 'starting':
      return { status: 'created' };
    case 'running':
    case 'stopping':
      return { status: 'running', ...state.process, sinceMs: state.sinceMs, paused: false };
    case 'paused':
      return { status: 'running', ...state.process, sinceMs: state.sinceMs, paused: true };
    default:
      return state;
  }
}

function stateFromDisk(state: StateRecord): ContainerState {
  if (state.status !== 'running') return state;
  const process = { pid: state.pid, startTimeTicks: state.startTimeTicks };
  return { status: state.paused ? 'paused' : 'running', process, sinceMs: state.sinceMs };
}
