// The states of a container, and what is possible in each. Pure.
import type { StepFailure } from '../../../protocol/containers.js';

export interface ExitStatus {
  /** 0–255; 128 + signal when a signal ended it. */
  readonly code: number;
  readonly signal: number | null;
  readonly oomKilled: boolean;
  /** Why nothing is known of how it ended; null: all is. */
  readonly unknown: 'lost' | 'reboot' | null;
  readonly atMs: number;
}

/** Names a process for ever (within one boot): a pid alone is used again. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTimeTicks: number;
}

export type LiveState =
  | { readonly status: 'running'; readonly process: ProcessIdentity; readonly sinceMs: number }
  | { readonly status: 'paused'; readonly process: ProcessIdentity; readonly sinceMs: number }
  | { readonly status: 'stopping'; readonly process: ProcessIdentity; readonly sinceMs: number };

export type ContainerState =
  | { readonly status: 'created' }
  | { readonly status: 'starting'; readonly sinceMs: number }
  | LiveState
  | { readonly status: 'restarting'; readonly exit: ExitStatus; readonly nextStartMs: number; readonly attempt: number }
  | { readonly status: 'exited'; readonly exit: ExitStatus }
  | { readonly status: 'failed'; readonly failure: StepFailure; readonly atMs: number };

/** Whether it has a process. */
export function isLive(state: ContainerState): state is LiveState {
  return state.status === 'running' || state.status === 'paused' || state.status === 'stopping';
}

/** Whether something goes on or will go on without anybody's asking. */
export function isActive(state: ContainerState): boolean {
  return isLive(state) || state.status === 'starting' || state.status === 'restarting';
}

export function canStart(state: ContainerState): boolean {
  return !isLive(state) && state.status !== 'starting';
}

export function canPause(state: ContainerState): boolean {
  return state.status === 'running';
}

export function canUnpause(state: ContainerState): boolean {
  return state.status === 'paused';
}

/** Whether a further process can run in it. */
export function canExec(state: ContainerState): boolean {
  return state.status === 'running' || state.status === 'stopping';
}

export function canRemove(state: ContainerState): boolean {
  return !isActive(state);
}

export const lostExit = (why: 'lost' | 'reboot', atMs: number): ExitStatus => ({ code: 137, signal: 9, oomKilled: false, unknown: why, atMs });
