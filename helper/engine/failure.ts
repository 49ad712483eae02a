// The one way in which the engine (and whoever stands above it) says that something expected went wrong. Anything else that is
// thrown is a bug: the dispatch answers it with INTERNAL and an incident number, and only the helper's log has its trace.
import type { ErrorCode, ErrorData } from '../../protocol/errors.js';
import { KernelError } from '../kernel/kernel.js';

/** What a client is told beside the code; the dispatch adds `operation`. */
export type FailureFields = Partial<Pick<ErrorData, 'object' | 'field' | 'reason' | 'failure' | 'registry'>>;

/** An expected failure. Nothing in `fields` is secret: all of it goes to the caller. `message` stays in the log. */
export class Failure extends Error {
  constructor(
    readonly code: Exclude<ErrorCode, 'INTERNAL' | 'UNKNOWN_METHOD'>,
    readonly fields: FailureFields = {},
    options?: ErrorOptions,
  ) {
    super([code, fields.object, fields.field, fields.reason].filter((part) => part !== undefined).join(': '), options);
    this.name = 'Failure';
  }
}

export const notFound = (object: string): Failure => new Failure('NOT_FOUND', { object });
export const wrongState = (object: string, reason: string): Failure => new Failure('WRONG_STATE', { object, reason });
export const conflict = (object: string, reason: string): Failure => new Failure('CONFLICT', { object, reason });
export const invalidArchive = (reason: string, object?: string): Failure =>
  new Failure('INVALID_ARCHIVE', { reason, ...(object === undefined ? {} : { object }) });
export const cancelled = (object: string): Failure => new Failure('CANCELLED', { object });

/** A full or read-only disk becomes a {@link Failure} NO_SPACE; anything else comes back as it is. */
export function withoutSpace(error: unknown): unknown {
  const code = errnoName(error);
  if (code === null || !NO_SPACE.has(code)) return error;
  return new Failure('NO_SPACE', { reason: code, ...objectOf(error) }, { cause: error });
}

/** The name of the errno that an error of the kernel, of node:fs or of node:net carries; null: none. */
export function errnoName(error: unknown): string | null {
  if (error instanceof KernelError) return error.errnoName;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

const NO_SPACE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

function objectOf(error: unknown): { object?: string } {
  if (error instanceof KernelError) return { object: error.object };
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? { object: error.path } : {};
}
