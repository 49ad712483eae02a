// Why a call failed, as values: the helper's own refusal, or the loss of the connection.
import { ConnectionError, ErrorCodes, ResponseError } from 'vscode-jsonrpc/node';
import type { ErrorData } from '../../protocol/errors.js';
import { UnreachableError } from './socket.js';
import { StreamLostError } from './streamConnection.js';

export interface PullSubject {
  /** The first of those that were asked for. */
  readonly reference: string;
  /** Undefined: the machine's own. */
  readonly platform: string | undefined;
}

/** The helper said no; `data` says what and why. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** `container`: the one that the call was about, as the caller named it; `pull`: what was to be pulled. */
  constructor(
    readonly data: ErrorData,
    readonly container?: string,
    readonly pull?: PullSubject,
  ) {
    super(`${data.operation}: ${data.code}${data.reason === undefined ? '' : ` (${data.reason})`}`);
  }
}

/** There is no helper to answer, or there was one and its connection broke. */
export class DisconnectedError extends Error {
  override readonly name = 'DisconnectedError';
  constructor(readonly operation: string) {
    super(`${operation}: not connected to the helper`);
  }
}

/** Of one verb for several objects some failed. */
export class SeveralError extends Error {
  override readonly name = 'SeveralError';
  constructor(
    readonly first: Error,
    readonly failed: number,
    readonly tried: number,
  ) {
    super(`${failed} of ${tried} failed`, { cause: first });
  }
}

/** There is a helper, of a version that speaks otherwise. */
export class IncompatibleError extends Error {
  override readonly name = 'IncompatibleError';
  constructor(readonly helperVersion: string) {
    super(`helper ${helperVersion} speaks another version of the protocol`);
  }
}

/** Whether what failed may go on with the next connection: the helper was lost, or is just ending. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof CallError) return error.data.code === 'SHUTTING_DOWN';
  return error instanceof DisconnectedError || error instanceof UnreachableError || error instanceof StreamLostError;
}

/** The caller's own abort signal ended the call. */
export class AbortedError extends Error {
  override readonly name = 'AbortedError';
}

/** Whatever `vscode-jsonrpc` rejected a request with, as one of the errors above; anything else is a bug and stays as it is. */
export function toCallError(operation: string, params: object, error: unknown): unknown {
  if (error instanceof ResponseError) return fromResponse(operation, params, error);
  if (error instanceof ConnectionError) return new DisconnectedError(operation);
  return isSocketError(error) ? new DisconnectedError(operation) : error;
}

function fromResponse(operation: string, params: object, error: ResponseError<unknown>): Error {
  const container = textIn(params, 'container');
  if (error.code === ErrorCodes.PendingResponseRejected || error.code === ErrorCodes.ConnectionInactive) return new DisconnectedError(operation);
  if (isErrorData(error.data)) return error.data.code === 'CANCELLED' ? new AbortedError(operation) : new CallError(error.data, container, pullIn(params));
  if (error.code === REQUEST_CANCELLED) return new AbortedError(operation);
  return new CallError({ code: codeOf(error.code), operation, reason: error.message }, container);
}

/** Of the params no more than this is kept: there are logins among them. */
function pullIn(params: object): PullSubject | undefined {
  const [reference] = 'references' in params && Array.isArray(params.references) ? (params.references as unknown[]) : [];
  return typeof reference === 'string' ? { reference, platform: textIn(params, 'platform') } : undefined;
}

function textIn(params: object, name: string): string | undefined {
  const value = new Map<string, unknown>(Object.entries(params)).get(name);
  return typeof value === 'string' ? value : undefined;
}

/** `RequestCancelled` of the language server protocol, which `vscode-jsonrpc` borrows. */
const REQUEST_CANCELLED = -32800;

function codeOf(rpcCode: number): ErrorData['code'] {
  if (rpcCode === ErrorCodes.MethodNotFound) return 'UNKNOWN_METHOD';
  return rpcCode === ErrorCodes.InvalidParams ? 'INVALID_PARAMS' : 'INTERNAL';
}

function isErrorData(data: unknown): data is ErrorData {
  return typeof data === 'object' && data !== null && 'code' in data && typeof data.code === 'string' && 'operation' in data;
}

function isSocketError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ENOENT', 'ERR_STREAM_DESTROYED'].includes(String(error.code));
}
