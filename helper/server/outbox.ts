// What goes out on one connection: in order, a piece at a time, so that it is known how far its client has read. Who reads nothing
// for a while is cut off; how long one message is does not matter to that.
import type { Socket } from 'node:net';

export interface OutboxLimits {
  /** Above this many unread bytes there is no room: nothing more is asked for until there is. */
  readonly unreadBytes: number;
  /** So long a client may take for one piece. */
  readonly stalledMs: number;
  /** So long may what is left take once the connection is to end. */
  readonly farewellMs: number;
}

/** A uid's share of the memory for what its clients have not read. */
export interface OutboxBudget {
  /** False: there is no place for so many bytes. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

const PIECE_BYTES = 128 * 1024;

export class Outbox {
  private readonly queue: Buffer[] = [];
  private bytes = 0;
  private isWriting = false;
  private stalled: NodeJS.Timeout | undefined;
  private isEnding = false;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly socket: Socket,
    private readonly limits: OutboxLimits,
    private readonly budget: OutboxBudget,
    private readonly onStalled: () => void,
  ) {
    socket.once('close', () => this.discard());
  }

  /** Bytes that the kernel has not taken. */
  get unreadBytes(): number {
    return this.bytes;
  }

  get hasRoom(): boolean {
    return this.bytes <= this.limits.unreadBytes;
  }

  /** Calls `work` once there is room again; never, if the connection ends before. */
  whenRoom(work: () => void): void {
    if (this.hasRoom) work();
    else this.waiting.push(work);
  }

  /** False: the budget is spent, and nothing of it will be sent. */
  send(message: Buffer): boolean {
    if (this.socket.destroyed || this.isEnding) return true;
    if (!this.budget.take(message.length)) return false;
    this.bytes += message.length;
    for (let at = 0; at < message.length; at += PIECE_BYTES) this.queue.push(message.subarray(at, at + PIECE_BYTES));
    this.pump();
    return true;
  }

  /** Ends the connection once everything has been read, or the time for it is over. */
  end(): void {
    if (this.isEnding) return;
    this.isEnding = true;
    destroyLater(this.socket, this.limits.farewellMs);
    this.pump();
  }

  private pump(): void {
    if (this.isWriting) return;
    const piece = this.queue.shift();
    if (piece !== undefined) this.write(piece);
    else if (this.isEnding) this.socket.end(() => this.socket.destroy());
  }

  private write(piece: Buffer): void {
    this.isWriting = true;
    this.stalled = setTimeout(() => {
      this.onStalled();
      this.socket.destroy();
    }, this.limits.stalledMs);
    this.socket.write(piece, () => {
      clearTimeout(this.stalled);
      this.isWriting = false;
      this.release(piece.length);
      this.pump();
    });
  }

  private release(bytes: number): void {
    const given = Math.min(bytes, this.bytes);
    this.bytes -= given;
    this.budget.give(given);
    if (this.hasRoom) for (const work of this.waiting.splice(0)) work();
  }

  private discard(): void {
    clearTimeout(this.stalled);
    this.queue.length = 0;
    this.waiting.length = 0;
    this.release(this.bytes);
  }
}

/** Whoever has not read the last words by then does not get them. */
export function destroyLater(socket: Socket, ms: number): void {
  const timer = setTimeout(() => socket.destroy(), ms);
  socket.once('close', () => clearTimeout(timer));
}
