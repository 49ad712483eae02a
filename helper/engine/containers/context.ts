// What everything that works on containers shares.
import type { Kernel, StepRecord } from '../../kernel/kernel.js';
import type { ContainerStore } from '../../store/containerStore.js';
import type { Paths } from '../../store/paths.js';
import { notFound } from '../failure.js';
import type { Log } from '../log.js';
import type { Planner } from '../planner.js';
import type { Container } from './container.js';
import type { Launcher } from './launcher.js';
import type { Parking } from './parking.js';
import type { Persistence } from './persistence.js';
import type { ContainerRegistry } from './registry.js';

export interface ContainerContext {
  readonly kernel: Kernel;
  readonly planner: Planner;
  readonly store: ContainerStore;
  readonly paths: Paths;
  readonly registry: ContainerRegistry;
  readonly launcher: Launcher;
  readonly parking: Parking;
  readonly persistence: Persistence;
  readonly bootId: string;
  /** The group below which every container's own group is; ends without a slash. */
  readonly cgroupParent: string;
  readonly log: Log;
}

export function cgroupOf(context: Pick<ContainerContext, 'cgroupParent'>, id: string): string {
  return `${context.cgroupParent}/${id}`;
}

/** Runs `work` in the container's turn, unless it has been removed by then. */
export function inTurn<T>(container: Container, work: () => Promise<T>): Promise<T> {
  return container.turn.run(() => {
    if (container.removed) throw notFound(container.record.name);
    return work();
  });
}

/** Notes an operation's steps in the container's ledger. */
export function note(context: Pick<ContainerContext, 'persistence'>, container: Container, operation: string, steps: readonly StepRecord[]): void {
  if (!container.removed) context.persistence.ledgerOf(container).note(operation, steps);
}
