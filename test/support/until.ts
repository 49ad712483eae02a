// Waits for what comes by itself, with an end: a test that waits for ever tells nobody what it waited for.
import { setTimeout as delay } from 'node:timers/promises';

/** Asks every few milliseconds; throws after `timeoutMs`. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not so within ${timeoutMs} ms: ${String(condition)}`);
    await delay(5);
  }
}
