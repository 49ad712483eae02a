// One JSON-RPC connection: messages in, answers and notifications out, and what has to end with it. It decides nothing about a
// request; that is the dispatch's.
import type { Socket } from 'node:net';
import { Failure } from '../engine/failure.js';
import type { AuditReader, Caller, Connection, StreamBroker } from '../handlers/call.js';
import { CONNECTION_LIMITS } from '../policy/limits.js';
import type { Dispatch } from './dispatch.js';
import { Framer, FramingError } from './framing.js';
import type { Log } from './log.js';
import { INVALID_REQUEST, parseMessage, type Incoming, type RequestId } from './message.js';
import { Outbox } from './outbox.js';
import { Request } from './request.js';
import { rpcError } from './rpcError.js';
import type { Turns } from './turns.js';
import type { Usage } from './usage.js';

export interface SessionServices {
  readonly dispatch: Dispatch;
  readonly streams: StreamBroker;
  readonly audit: AuditReader;
  readonly usage: Usage;
  readonly turns: Turns;
  readonly log: Log;
  /** Once true, requests are answered with SHUTTING_DOWN. */
  readonly isStopping: () => boolean;
  /** Asked before each request and each notification: whether the policy still makes of the caller what he was let in as. */
  readonly hasRole: () => boolean;
}

export class Session implements Connection {
  private readonly framer = new Framer();
  private readonly requests = new Map<RequestId, Request>();
  private readonly releases = new Map<string, () => void>();
  private readonly outbox: Outbox;
  private messageTimer: NodeJS.Timeout | null = null;
  private hasEnded = false;

  constructor(
    private readonly socket: Socket,
    readonly caller: Caller,
    readonly services: SessionServices,
  ) {
    this.outbox = new Outbox(socket, CONNECTION_LIMITS, services.usage.unread(caller.uid), () => this.slow());
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.once('close', () => this.end());
  }

  /** Begins with the bytes that have been read to see what kind of connection this is. */
  open(first: Buffer): void {
    this.take(first);
  }

  hold(key: string, release: () => void): void {
    this.releases.get(key)?.();
    this.releases.delete(key);
    if (this.hasEnded) release();
    else this.releases.set(key, release);
  }

  /** Cancels what is under way; answers may still go out until the socket is closed. */
  abort(): void {
    for (const request of this.requests.values()) request.abort();
  }

  get isIdle(): boolean {
    return this.requests.size === 0;
  }

  /** Nothing goes out for a role that the caller has no more. */
  notify(message: object): void {
    if (this.hasEnded) return;
    if (this.services.hasRole()) this.send(message);
    else this.leave();
  }

  send(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    if (this.outbox.send(Buffer.from(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`))) return;
    this.slow();
    this.socket.destroy();
  }

  get unreadBytes(): number {
    return this.outbox.unreadBytes;
  }

  private take(chunk: Buffer): void {
    this.framer.push(chunk);
    this.queue();
  }

  /** Nothing more is read until its turn has come: what waits is at most what one read brings. */
  private queue(): void {
    this.socket.pause();
    // Who does not read the answers is not asked what more he wants.
    this.outbox.whenRoom(() => this.services.turns.take(this.caller.uid, this.drain));
  }

  /** One message; what has come behind it waits for the next turn. */
  private readonly drain = (): void => {
    if (this.hasEnded) return;
    try {
      const body = this.framer.next();
      if (body !== null) this.receive(parseMessage(body));
      this.expectRest(body !== null);
      if (body !== null && this.framer.isPartial) this.queue();
      else this.socket.resume();
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.breakOff(error.message);
    }
  };

  private receive(message: Incoming): void {
    if (message.kind === 'request') this.begin(message.id, message.method, message.params);
    else if (message.kind === 'cancel') this.requests.get(message.id)?.abort();
    else if (message.kind === 'malformed') this.reject(message.id, message.code, message.reason);
  }

  private begin(id: RequestId, method: string, params: unknown): void {
    // The id of an answer would be ambiguous: none names the fault.
    if (this.requests.has(id)) this.reject(null, INVALID_REQUEST, `request ${id} has not been answered yet`);
    else if (!this.services.hasRole()) this.outlived(id, method);
    else if (this.services.isStopping()) this.refuse(id, method, new Failure('SHUTTING_DOWN'));
    else {
      const release = this.requests.size < CONNECTION_LIMITS.requestsInFlight ? this.services.usage.request(this.caller.uid) : null;
      if (release === null) this.refuse(id, method, new Failure('LIMIT', { reason: 'too many requests wait for their answers' }));
      else this.carryOut(new Request(this, id), method, params, release);
    }
  }

  private carryOut(request: Request, method: string, params: unknown, release: () => void): void {
    this.requests.set(request.id, request);
    void this.answer(request, method, params).finally(release);
  }

  private async answer(request: Request, method: string, params: unknown): Promise<void> {
    try {
      const result = await this.services.dispatch(request, method, params);
      this.send({ id: request.id, result });
    } catch (error) {
      this.refuse(request.id, method, error);
    }
    this.requests.delete(request.id);
    request.answered();
  }

  private refuse(id: RequestId, method: string, error: unknown): void {
    this.send({ id, error: rpcError(method.slice(0, 64), error, this.services.log) });
  }

  private reject(id: RequestId | null, code: number, reason: string): void {
    this.send({ id, error: { code, message: reason, data: { code: 'INVALID_PARAMS', operation: '', reason } } });
  }

  /** He may come again, as what he is now. */
  private outlived(id: RequestId, method: string): void {
    this.refuse(id, method, new Failure('DENIED', { reason: 'the policy has changed: connect again' }));
    this.leave();
  }

  private breakOff(reason: string): void {
    this.reject(null, INVALID_REQUEST, reason);
    this.leave();
  }

  private slow(): void {
    this.services.log.warn('slow client cut off', { uid: this.caller.uid, pid: this.caller.pid });
  }

  private leave(): void {
    this.outbox.end();
    this.end();
  }

  /** A message that has begun must end in time, or its sender is holding a connection for nothing. */
  private expectRest(isProgress: boolean): void {
    if (this.messageTimer !== null && (isProgress || !this.framer.isPartial)) {
      clearTimeout(this.messageTimer);
      this.messageTimer = null;
    }
    if (this.framer.isPartial)
      this.messageTimer ??= setTimeout(() => this.breakOff('the rest of the message did not come'), CONNECTION_LIMITS.messageTimeoutMs);
  }

  private end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    if (this.messageTimer !== null) clearTimeout(this.messageTimer);
    this.abort();
    for (const release of this.releases.values()) release();
    this.releases.clear();
  }
}
