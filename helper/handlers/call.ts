// One call as a handler sees it: who asks, for how long he wants the answer, and what his connection can do. By the time that
// a handler runs, the params have been decoded and the call has been authorized; the answer and the audit are the dispatch's.
import type { Readable, Writable } from 'node:stream';
import type { MethodName, Params, Result } from '../../protocol/methods.js';
import type { StreamToken } from '../../protocol/scalars.js';
import type { AuditRecord } from '../../protocol/system.js';

/**
 * One function per method: a missing one does not compile. A handler throws a `Failure` (engine/failure.ts) or lets a
 * `KernelError` pass for what can be expected to go wrong; any other exception is a bug.
 */
export type Handlers = { readonly [M in MethodName]: (call: Call, params: Params<M>) => Promise<Result<M>> };

/** The peer as the kernel named him when he connected, and what the policy makes of him. There is no "on behalf of". */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  readonly pid: number;
  readonly role: Role;
  /** He sees other files than the helper does (another mount namespace or root directory): its paths are not his. */
  readonly isConfined: boolean;
}
export type Role = 'user' | 'admin';

export interface Call {
  readonly caller: Caller;
  /** Aborted when the client cancels the request or hangs up, and when the helper stops. */
  readonly signal: AbortSignal;
  readonly connection: Connection;
  readonly streams: StreamBroker;
  readonly audit: AuditReader;
  /** Whether the audit log has the beginning of this call; set by the dispatch before the handler. */
  isOnRecord: boolean;
  /** Sends `$/progress` at once; dropped, not queued, when the client reads too slowly. No token: does nothing. */
  progress(token: string | number | undefined, value: object): void;
  /** Sends a notification on the connection, but never before this call's own answer (a snapshot comes before its deltas). */
  notify(method: string, params: object): void;
}

/** The connection that a call came by. It may outlive the call. */
export interface Connection {
  /** Keeps `release` for `key` until the connection ends or `key` is held again; then calls it, once. After the end: at once. */
  hold(key: string, release: () => void): void;
}

/** The audit log as `system/audit` reads it; that nobody but an admin asks for another's is settled before the handler. */
export interface AuditReader {
  /** The newest `count` records of `uid`, oldest first. */
  tail(uid: number, count: number): Promise<AuditRecord[]>;
}

/** Gives out the one-time tokens that open stream connections (protocol/streams.ts). */
export interface StreamBroker {
  /** The token is worth one connection of the same uid, within 30 s. Throws a `Failure` LIMIT when the caller holds too many. */
  issue(owner: Caller, purpose: StreamPurpose): StreamToken;
  /**
   * The bytes of the upload stream that `token` (issued with purpose `upload` to the same uid) opens: waits until its client has
   * connected. The reader destroys it when it has enough. A client that dies ends it early, like one that has sent all: only the
   * archive itself, or the announced size, tells the two apart.
   * Throws a `Failure` NOT_FOUND for a token that is unknown, expired or claimed already, CANCELLED when `signal` is aborted.
   */
  claimUpload(owner: Caller, token: StreamToken, signal: AbortSignal): Promise<Readable>;
}

interface Abandonable {
  /** Called once if the stream never came about: the token expired or was refused, or the connection ended before it was taken. */
  readonly abandoned?: () => void;
}

export type StreamPurpose =
  /**
   * attach, exec: the connection's descriptor goes to the monitor with `message` (docs/architecture.md); the monitor answers READY.
   * `passed` is called once it has it.
   */
  | ({ readonly kind: 'pass'; readonly monitorSocket: string; readonly message: string; readonly passed?: () => void } & Abandonable)
  /** logs: READY is sent, then `serve` writes (minding back-pressure) until it resolves; the connection ends with it. `signal`: the client is gone. */
  | ({ readonly kind: 'serve'; serve(sink: Writable, signal: AbortSignal): Promise<void> } & Abandonable)
  /** image/import: READY is sent; the bytes wait, unread, for {@link StreamBroker.claimUpload}. */
  | ({ readonly kind: 'upload' } & Abandonable);
