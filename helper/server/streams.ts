// One-time tokens, and the stream connections that they open. A token is 256 random bits, belongs to the uid that it was given to,
// and is worth one connection within 30 s.
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { streamToken, type StreamToken } from '../../protocol/scalars.js';
import { FRAME_HEADER_BYTES, FrameType } from '../../protocol/streams.js';
import { Failure } from '../engine/failure.js';
import type { Caller, Role, StreamBroker, StreamPurpose } from '../handlers/call.js';
import type { Kernel } from '../kernel/kernel.js';
import { CONNECTION_LIMITS, STREAM_TOKEN_LIFE_MS, UID_LIMITS } from '../policy/limits.js';
import { descriptorOf, stopReading } from './descriptor.js';
import type { Log } from './log.js';
import { destroyLater } from './outbox.js';
import { rpcError } from './rpcError.js';
import { Upload } from './upload.js';

interface Ticket {
  readonly uid: number;
  readonly role: Role;
  readonly purpose: StreamPurpose;
  readonly expiry: NodeJS.Timeout;
  readonly upload: Upload | null;
}

export class Streams implements StreamBroker {
  /** Not redeemed yet. */
  private readonly tickets = new Map<string, Ticket>();
  /** Not claimed yet, redeemed or not. */
  private readonly uploads = new Map<string, { readonly uid: number; readonly upload: Upload }>();

  constructor(
    private readonly kernel: Pick<Kernel, 'passDescriptor'>,
    private readonly log: Log,
  ) {}

  issue(owner: Caller, purpose: StreamPurpose): StreamToken {
    if (this.heldBy(owner.uid) >= UID_LIMITS.streamTokens) {
      throw new Failure('LIMIT', { reason: `a user can hold ${UID_LIMITS.streamTokens} stream tokens that he has not used` });
    }
    const token = streamToken.parse(randomBytes(32).toString('hex'));
    const expiry = setTimeout(() => this.expire(token), STREAM_TOKEN_LIFE_MS).unref();
    const upload = purpose.kind === 'upload' ? new Upload(() => this.uploads.delete(token)) : null;
    if (upload !== null) this.uploads.set(token, { uid: owner.uid, upload });
    this.tickets.set(token, { uid: owner.uid, role: owner.role, purpose, expiry, upload });
    return token;
  }

  async claimUpload(owner: Caller, token: StreamToken, signal: AbortSignal): Promise<Readable> {
    const entry = this.uploads.get(token);
    if (entry?.uid !== owner.uid) throw new Failure('NOT_FOUND', { object: 'upload', reason: 'the token is unknown, expired or used' });
    this.uploads.delete(token);
    return entry.upload.claim(signal);
  }

  /** Takes the connection that `token` was the preface of. The socket is the broker's from here on. */
  async redeem(socket: Socket, { uid, role }: Pick<Caller, 'uid' | 'role'>, token: string): Promise<void> {
    const ticket = this.tickets.get(token);
    // Somebody else's token, one that was given to another role, and no token at all are not told apart.
    if (ticket?.uid !== uid || ticket.role !== role) {
      refuseStream(socket, 'NOT_FOUND: the token is unknown, expired or used');
      return;
    }
    this.tickets.delete(token);
    clearTimeout(ticket.expiry);
    try {
      await this.take(socket, ticket);
    } catch (error) {
      const { data } = rpcError('stream', error, this.log);
      ticket.purpose.abandoned?.();
      refuseStream(socket, `${data.code}: ${data.reason ?? data.failure?.errnoName ?? data.incident ?? ''}`);
    }
  }

  /** Ends what has not begun. */
  close(): void {
    for (const token of [...this.tickets.keys()]) this.expire(token);
  }

  private take(socket: Socket, { purpose, upload }: Ticket): Promise<void> | void {
    switch (purpose.kind) {
      case 'pass':
        return this.pass(socket, purpose);
      case 'serve':
        return this.serve(socket, purpose);
      case 'upload':
        writeFrame(socket, FrameType.Ready);
        return upload?.connect(socket);
    }
  }

  /**
   * Safe because nothing closes the descriptor meanwhile: nobody but this function knows the socket by now, and one that is not read
   * from does not notice its end.
   */
  private async pass(socket: Socket, { monitorSocket, message, passed }: Extract<StreamPurpose, { kind: 'pass' }>): Promise<void> {
    stopReading(socket);
    const fd = descriptorOf(socket);
    if (fd < 0) throw new Failure('CANCELLED', { reason: 'the client has gone' });
    await this.kernel.passDescriptor(monitorSocket, message, fd);
    passed?.();
    // close(2) of this copy; the connection lives on in the monitor's.
    socket.destroy();
  }

  private async serve(socket: Socket, purpose: Extract<StreamPurpose, { kind: 'serve' }>): Promise<void> {
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    // What the client sends has no meaning; reading it is how its end is noticed.
    socket.resume();
    writeFrame(socket, FrameType.Ready);
    try {
      await purpose.serve(socket, gone.signal);
      socket.end();
    } catch (error) {
      // READY has gone out: to break off is all that can still be said.
      if (!gone.signal.aborted) this.log.error('stream broken off', error);
      socket.destroy();
    }
  }

  private expire(token: string): void {
    const ticket = this.tickets.get(token);
    this.tickets.delete(token);
    if (ticket === undefined) return;
    clearTimeout(ticket.expiry);
    ticket.upload?.expire();
    ticket.purpose.abandoned?.();
  }

  private heldBy(uid: number): number {
    return [...this.tickets.values()].filter((ticket) => ticket.uid === uid).length;
  }
}

/** Says why, instead of READY, and ends the connection. */
export function refuseStream(socket: Socket, reason: string): void {
  writeFrame(socket, FrameType.Error, Buffer.from(reason));
  destroyLater(socket, CONNECTION_LIMITS.farewellMs);
  socket.end(() => socket.destroy());
}

function writeFrame(socket: Socket, type: FrameType, payload: Buffer = Buffer.alloc(0)): void {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt8(type, 0);
  header.writeUInt32BE(payload.length, 4);
  if (!socket.destroyed) socket.write(Buffer.concat([header, payload]));
}
