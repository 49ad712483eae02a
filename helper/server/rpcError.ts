// Whatever a call ended with → the error object of its JSON-RPC response. What is expected keeps its fields; what is a bug shows
// nothing but a number that finds its trace in the helper's log.
import { randomBytes } from 'node:crypto';
import { APPLICATION_ERROR, type ErrorCode, type ErrorData } from '../../protocol/errors.js';
import { Failure, withoutSpace } from '../engine/failure.js';
import { KernelError } from '../kernel/kernel.js';
import type { Log } from './log.js';

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data: ErrorData;
}

/** A call for a method that is not in the table: the only failure that the dispatch alone can know. */
export class UnknownMethod extends Error {
  override readonly name = 'UnknownMethod';
}

export function rpcError(operation: string, error: unknown, log: Log): RpcError {
  const data = expected(operation, withoutSpace(error)) ?? bug(operation, error, log);
  return { code: RPC_CODES[data.code] ?? APPLICATION_ERROR, message: data.reason === undefined ? data.code : `${data.code}: ${data.reason}`, data };
}

/** Where JSON-RPC 2.0 has a number of its own. */
const RPC_CODES: Partial<Record<ErrorCode, number>> = { UNKNOWN_METHOD: -32601, INVALID_PARAMS: -32602, INTERNAL: -32603 };

function expected(operation: string, error: unknown): ErrorData | null {
  if (error instanceof Failure) return { code: error.code, operation, ...error.fields };
  if (error instanceof UnknownMethod) return { code: 'UNKNOWN_METHOD', operation };
  if (error instanceof KernelError) return kernelFailure(operation, error);
  return error instanceof Error && error.name === 'AbortError' ? { code: 'CANCELLED', operation } : null;
}

function kernelFailure(operation: string, error: KernelError): ErrorData {
  if (error.errnoName === 'ECANCELED') return { code: 'CANCELLED', operation };
  const { step, errno, object } = error;
  return { code: 'KERNEL', operation, object, failure: { step, errno, errnoName: error.errnoName, object } };
}

function bug(operation: string, error: unknown, log: Log): ErrorData {
  const incident = randomBytes(6).toString('hex');
  log.error('bug', error, { incident, operation });
  return { code: 'INTERNAL', operation, incident };
}
