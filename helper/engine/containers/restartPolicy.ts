// Whether and when a container that has exited starts again. Pure.
import type { RestartPolicy } from '../../../protocol/containers.js';
import type { ExitStatus } from './state.js';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 60_000;
/** Who has been up for so long starts afresh. */
const STEADY_MS = 10_000;

export interface RunHistory {
  readonly stoppedByHand: boolean;
  /** Automatic starts since the last one by hand. */
  readonly restartCount: number;
  /** Attempts in a row until now. */
  readonly attempt: number;
  readonly upMs: number;
}

export interface Restart {
  readonly attempt: number;
  readonly delayMs: number;
}

/** Null: it stays exited. */
export function nextRestart(policy: RestartPolicy, exit: ExitStatus, history: RunHistory): Restart | null {
  if (history.stoppedByHand || !wants(policy, exit, history.restartCount)) return null;
  const attempt = history.upMs >= STEADY_MS ? 1 : history.attempt + 1;
  return { attempt, delayMs: backOffMs(attempt) };
}

/** Whether a container starts by itself after the machine has booted. */
export function startsAtBoot(policy: RestartPolicy, stoppedByHand: boolean): boolean {
  return policy.name === 'always' || (policy.name === 'unless-stopped' && !stoppedByHand);
}

function wants(policy: RestartPolicy, exit: ExitStatus, restartCount: number): boolean {
  switch (policy.name) {
    case 'no':
      return false;
    case 'always':
    case 'unless-stopped':
      return true;
    case 'on-failure':
      return exit.code !== 0 && (policy.maximumRetryCount === 0 || restartCount < policy.maximumRetryCount);
  }
}

function backOffMs(attempt: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS);
}
