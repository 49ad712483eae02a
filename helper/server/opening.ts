// The first bytes of a connection: the preface of a stream (protocol/streams.ts), or a JSON-RPC session.
import type { Socket } from 'node:net';
import { STREAM_PREFACE } from '../../protocol/streams.js';
import { CONNECTION_LIMITS } from '../policy/limits.js';

export type Opening =
  | { readonly kind: 'session'; readonly first: Buffer }
  | { readonly kind: 'stream'; readonly token: string }
  /** A preface that is none, or that bytes came behind before they were asked for. */
  | { readonly kind: 'invalid' };

/** Reads until it is clear what the client wants, then leaves the socket paused. Nothing is said of one that says nothing in time: it is destroyed. */
export function readOpening(socket: Socket, onOpening: (opening: Opening) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), CONNECTION_LIMITS.firstLineTimeoutMs);
  const take = (chunk: Buffer): void => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const opening = openingOf(bytes);
    if (opening === null) return;
    settle();
    socket.pause();
    onOpening(opening);
  };
  const settle = (): void => {
    clearTimeout(timer);
    socket.off('data', take).off('close', settle);
  };
  socket.on('data', take).once('close', settle).resume();
}

/** Null: more bytes are needed. */
export function openingOf(bytes: Buffer): Opening | null {
  const common = Math.min(bytes.length, PREFACE.length);
  if (!bytes.subarray(0, common).equals(PREFACE.subarray(0, common))) return { kind: 'session', first: bytes };
  const end = bytes.indexOf('\n');
  if (end < 0) return bytes.length > LINE_MAX ? { kind: 'invalid' } : null;
  const token = bytes.toString('latin1', PREFACE.length, end);
  return end === bytes.length - 1 && /^[0-9a-f]{64}$/.test(token) ? { kind: 'stream', token } : { kind: 'invalid' };
}

const PREFACE = Buffer.from(STREAM_PREFACE);
const LINE_MAX = PREFACE.length + 64 + 1;
