// Tries again what fails for a moment: later each time, and not before the registry wants it.
import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryProblem } from './problems.js';

const MOST_TRIES = 5;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8000;
/** Who asks for more than that is told so to the user instead. */
const LONGEST_ASKED_MS = 60_000;

/** `attempt` says by {@link Progress.made} that it got on, which makes the next failure the first again. */
export interface Progress {
  made(): void;
}

export async function retried<T>(attempt: (progress: Progress) => Promise<T>, signal: AbortSignal): Promise<T> {
  let tries = 0;
  for (;;) {
    try {
      return await attempt({ made: () => (tries = 0) });
    } catch (error) {
      tries += 1;
      const pauseMs = error instanceof RegistryProblem && error.isPassing ? pauseAfter(error, tries) : null;
      if (pauseMs === null || signal.aborted) throw error;
      await sleep(pauseMs, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}

/** Null: no more. */
function pauseAfter(problem: RegistryProblem, tries: number): number | null {
  if (tries >= MOST_TRIES || (problem.retryAfterMs ?? 0) > LONGEST_ASKED_MS) return null;
  const growing = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
  return Math.max(problem.retryAfterMs ?? 0, growing * (0.5 + Math.random()));
}

/** Of a Retry-After header (RFC 9110, 10.2.3): seconds, or a date. */
export function retryAfterMs(header: string | undefined, nowMs = Date.now()): number | null {
  if (header === undefined) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}
