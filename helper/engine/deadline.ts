// Waiting no longer than one wants to. Leaves no timer behind.

/** Runs `wait` with a signal that is aborted after `timeoutMs`; false: the time was over first. */
export async function within(timeoutMs: number, wait: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(TIME_IS_OVER), timeoutMs);
  try {
    await wait(controller.signal);
    return true;
  } catch (error) {
    if (error === TIME_IS_OVER) return false;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const TIME_IS_OVER = new Error('the time is over');
