// How the engine tells the helper's log what no caller waits for: failures in the background.

export type Log = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** For `promise.catch(…)` of work that nobody awaits. */
export const logFailure =
  (log: Log, message: string, fields: Readonly<Record<string, unknown>> = {}) =>
  (error: unknown): void =>
    log(message, { ...fields, error: error instanceof Error ? error.message : String(error) });
