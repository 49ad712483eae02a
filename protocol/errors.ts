// What can go wrong, as a client sees it. Prose is made in extension/ui/errors.ts from these fields.
import type { StepFailure } from './containers.js';

/** JSON-RPC error code of every expected failure; `data` is an {@link ErrorData}. */
export const APPLICATION_ERROR = -32000;

export type ErrorCode =
  /** The request does not fit its schema; `field` says where. */
  | 'INVALID_PARAMS'
  | 'UNKNOWN_METHOD'
  /** The policy forbids it; `reason` says which rule. */
  | 'DENIED'
  /** There is no such object, or it is somebody else's: the two are not told apart. */
  | 'NOT_FOUND'
  /** The name is taken, the object is in use. */
  | 'CONFLICT'
  /** The object is not in a state that allows it. */
  | 'WRONG_STATE'
  /** A numeric limit of the policy is reached. */
  | 'LIMIT'
  /** The archive or document is corrupt, of an unknown kind, or dangerous. */
  | 'INVALID_ARCHIVE'
  /** A registry has not given what was asked of it; `object` is its host, `registry` the kind of problem, `reason` its own words. */
  | 'REGISTRY'
  /** A kernel step failed; `failure` names it. */
  | 'KERNEL'
  | 'NO_SPACE'
  | 'CANCELLED'
  /** The helper is stopping. */
  | 'SHUTTING_DOWN'
  /** A bug of the helper; its log has the trace under `incident`. */
  | 'INTERNAL';

export interface ErrorData {
  readonly code: ErrorCode;
  /** The operation: the method's name. */
  readonly operation: string;
  /** The object that it was about: a name, an id, a path. */
  readonly object?: string;
  readonly field?: string;
  readonly reason?: string;
  readonly failure?: StepFailure;
  readonly registry?: RegistryProblemKind;
  readonly incident?: string;
}

export type RegistryProblemKind =
  /** It wants a login, or does not take this one. */
  | 'unauthorized'
  /** The login does not allow it. */
  | 'denied'
  | 'not-found'
  | 'unreachable'
  /** Its certificate is nobody's that is trusted. */
  | 'certificate'
  | 'rate-limited'
  /** It says that something is wrong with itself. */
  | 'server'
  | 'malformed'
  /** What it has can't be used here: another platform's, an old manifest. */
  | 'unsupported';
