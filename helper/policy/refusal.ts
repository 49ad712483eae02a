// How the policy says no: a value, not an exception. Who asked turns it into an error for the client.

export interface Refusal {
  /** `INVALID_PARAMS`: nobody could have that. `DENIED`: this caller may not. `LIMIT`: not one more. */
  readonly code: 'DENIED' | 'INVALID_PARAMS' | 'LIMIT';
  /** Path in the params, such as `spec.mounts.2.target`. */
  readonly field?: string;
  readonly reason: string;
}

export const denied = (reason: string, field?: string): Refusal => ({ code: 'DENIED', reason, ...(field === undefined ? {} : { field }) });
export const invalid = (field: string, reason: string): Refusal => ({ code: 'INVALID_PARAMS', field, reason });

/** The first refusal that a list of checks comes to; null: none. */
export function firstRefusal(checks: Iterable<() => Refusal | null>): Refusal | null {
  for (const check of checks) {
    const refusal = check();
    if (refusal !== null) return refusal;
  }
  return null;
}
