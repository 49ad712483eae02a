// One body → one JSON-RPC 2.0 message. Batches, responses and whatever else a client does not send here are refused; what is deep,
// or holds names that JavaScript gives a meaning to, is refused before anybody looks into it.
import { isUtf8 } from 'node:buffer';
import { CONNECTION_LIMITS } from '../policy/limits.js';

export type RequestId = number | string;

export type Incoming =
  | { readonly kind: 'request'; readonly id: RequestId; readonly method: string; readonly params: unknown }
  | { readonly kind: 'cancel'; readonly id: RequestId }
  /** A notification that means nothing here; JSON-RPC forbids to answer it. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'malformed'; readonly id: RequestId | null; readonly code: number; readonly reason: string };

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;

export function parseMessage(body: Buffer): Incoming {
  if (!isUtf8(body)) return malformed(PARSE_ERROR, 'not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    return malformed(PARSE_ERROR, 'not JSON');
  }
  const fault = shapeFault(value);
  return fault === null ? envelope(value) : malformed(INVALID_REQUEST, fault);
}

function envelope(value: unknown): Incoming {
  if (!isObject(value)) return malformed(INVALID_REQUEST, 'not an object (batches are not taken)');
  const { jsonrpc, id, method, params, ...rest } = value;
  const known = isId(id) ? id : null;
  if (jsonrpc !== '2.0') return malformed(INVALID_REQUEST, 'jsonrpc is not "2.0"', known);
  if (typeof method !== 'string' || method.length > METHOD_MAX) return malformed(INVALID_REQUEST, 'no method', known);
  if (Object.keys(rest).length > 0) return malformed(INVALID_REQUEST, 'unknown members', known);
  if (id === undefined) return notification(method, params);
  return known === null ? malformed(INVALID_REQUEST, 'id is neither a whole number nor a short string') : { kind: 'request', id: known, method, params };
}

function notification(method: string, params: unknown): Incoming {
  if (method !== '$/cancelRequest' || !isObject(params)) return { kind: 'ignored' };
  const { id } = params;
  return isId(id) ? { kind: 'cancel', id } : { kind: 'ignored' };
}

/** What is wrong with the shape of a value, whatever it means; null: nothing. Iterative: depth can't exhaust the stack. */
function shapeFault(root: unknown): string | null {
  const pending: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }];
  for (let count = 1, item = pending.pop(); item !== undefined; item = pending.pop()) {
    const { value, depth } = item;
    if (typeof value === 'string' && !value.isWellFormed()) return 'a string with half of a surrogate pair';
    if (typeof value !== 'object' || value === null) continue;
    if (depth === CONNECTION_LIMITS.messageDepth) return `nested deeper than ${CONNECTION_LIMITS.messageDepth}`;
    for (const [key, child] of Object.entries(value)) {
      // `constructor` and `prototype` are harmless as own properties of parsed JSON; the setter of this one is not.
      if (key === '__proto__') return 'a member named __proto__';
      if (!key.isWellFormed()) return 'a name with half of a surrogate pair';
      if (++count > CONNECTION_LIMITS.messageValues) return `more than ${CONNECTION_LIMITS.messageValues} values`;
      pending.push({ value: child, depth: depth + 1 });
    }
  }
  return null;
}

const METHOD_MAX = 64;
const ID_MAX = 64;

function isId(id: unknown): id is RequestId {
  return typeof id === 'string' ? id.length <= ID_MAX : Number.isSafeInteger(id);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(code: number, reason: string, id: RequestId | null = null): Incoming {
  return { kind: 'malformed', id, code, reason };
}
