// What can be done with a container in the state that it is in, and which ends deserve attention. Pure.
import type { ContainerState, ContainerSummary, ExitStatus } from '../../protocol/containers.js';

export type Status = ContainerState['status'];

const has =
  (...statuses: readonly Status[]) =>
  (state: ContainerState): boolean =>
    statuses.includes(state.status);

export const canStart = has('created', 'exited', 'failed');
export const canStop = has('running', 'paused', 'restarting', 'starting');
export const canRestart = has('running', 'paused', 'restarting', 'exited', 'failed');
export const canSignal = has('running', 'paused', 'stopping');
export const canPause = has('running');
export const canUnpause = has('paused');
/** A shell or another process can be run in it; its main process can be attached to. */
export const canEnter = has('running');
export const isAlive = has('running', 'paused', 'stopping', 'starting', 'restarting');

/** The verbs of the menus; a tree item's context value lists those that its state allows. */
const verbs = {
  start: canStart,
  stop: canStop,
  restart: canRestart,
  kill: canSignal,
  pause: canPause,
  unpause: canUnpause,
  enter: canEnter,
} as const;

/** `container;stop;restart;…;`: what `when` clauses of the menus match against. */
export function contextValue({ state }: ContainerSummary): string {
  const allowed = Object.entries(verbs).filter(([, isAllowed]) => isAllowed(state));
  return `container;${allowed.map(([verb]) => `${verb};`).join('')}`;
}

/** Since when it is as it is (ms since 1970); for a container that was never started, since it was made. */
export function sinceMs({ state, createdMs }: ContainerSummary): number {
  switch (state.status) {
    case 'created':
      return createdMs;
    case 'failed':
      return state.atMs;
    case 'exited':
    case 'restarting':
      return state.exit.atMs;
    default:
      return state.sinceMs;
  }
}

/** Signals by which people end things on purpose. */
const ASKED_FOR = [1, 2, 9, 15];

/** Whether this end is likely one that nobody asked for. */
export function isUnexpected(exit: ExitStatus): boolean {
  if (exit.oomKilled || exit.unknown === 'lost') return true;
  return exit.code !== 0 && (exit.signal === null || !ASKED_FOR.includes(exit.signal));
}

/**
 * When it last ended in a way that its user should know of, or undefined. In an interactive terminal the exit code is that of the
 * last command typed, which means nothing.
 */
export function troubleAtMs({ state, terminal, openStdin }: ContainerSummary): number | undefined {
  if (state.status === 'failed') return state.atMs;
  if ((state.status !== 'exited' && state.status !== 'restarting') || !isUnexpected(state.exit)) return undefined;
  const isInteractive = terminal && openStdin;
  return isInteractive && !state.exit.oomKilled && state.exit.unknown !== 'lost' ? undefined : state.exit.atMs;
}
