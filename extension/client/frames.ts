// The frames of a stream connection (protocol/streams.ts), encoded and decoded. Knows no socket.
import { FRAME_HEADER_BYTES, FRAME_PAYLOAD_MAX, FrameType } from '../../protocol/streams.js';

export interface Frame {
  readonly type: FrameType;
  readonly payload: Buffer;
}

/** The peer does not speak the stream protocol: the connection is of no more use. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** One frame; `payload` is at most {@link FRAME_PAYLOAD_MAX} bytes. */
export function encodeFrame(type: FrameType, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  if (payload.length > FRAME_PAYLOAD_MAX) throw new RangeError(`a frame's payload has at most ${FRAME_PAYLOAD_MAX} bytes`);
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  frame.writeUInt8(type, 0);
  frame.writeUInt32BE(payload.length, 4);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** As many frames as the bytes need. No bytes: no frame (an empty one would close standard input). */
export function encodeStdin(bytes: Uint8Array): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += FRAME_PAYLOAD_MAX) {
    frames.push(encodeFrame(FrameType.Stdin, bytes.subarray(at, at + FRAME_PAYLOAD_MAX)));
  }
  return frames;
}

export function encodeResize(rows: number, columns: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt16BE(rows, 0);
  payload.writeUInt16BE(columns, 2);
  return encodeFrame(FrameType.Resize, payload);
}

export function encodeSignal(signal: number): Buffer {
  return encodeFrame(FrameType.Signal, Buffer.of(signal));
}

/** How the process at the other end ended. */
export interface StreamExit {
  readonly code: number;
  /** 0: no signal. */
  readonly signal: number;
  readonly oomKilled: boolean;
}

/** @throws FrameError if the payload is too short. */
export function decodeExit(payload: Buffer): StreamExit {
  if (payload.length < 3) throw new FrameError(`an exit frame of ${payload.length} bytes`);
  return { code: payload.readUInt8(0), signal: payload.readUInt8(1), oomKilled: payload.readUInt8(2) !== 0 };
}

/** Cuts a byte stream into frames, however its chunks fall. */
export class FrameDecoder {
  private rest: Buffer = Buffer.alloc(0);

  /** The frames that are complete with this chunk. @throws FrameError on a frame that the protocol does not know. */
  push(chunk: Buffer): Frame[] {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const frames: Frame[] = [];
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const { type, length } = readHeader(bytes, at);
      const end = at + FRAME_HEADER_BYTES + length;
      if (end > bytes.length) break;
      frames.push({ type, payload: bytes.subarray(at + FRAME_HEADER_BYTES, end) });
      at = end;
    }
    this.rest = bytes.subarray(at);
    return frames;
  }

  /** Bytes of a frame that has not come whole. */
  get pendingBytes(): number {
    return this.rest.length;
  }
}

/** @throws FrameError */
export function readHeader(bytes: Buffer, at: number): { readonly type: FrameType; readonly length: number } {
  const type = bytes.readUInt8(at);
  const length = bytes.readUInt32BE(at + 4);
  if (FrameType[type] === undefined) throw new FrameError(`an unknown frame type, ${type}`);
  if (length > FRAME_PAYLOAD_MAX) throw new FrameError(`a frame of ${length} bytes`);
  return { type, length };
}
