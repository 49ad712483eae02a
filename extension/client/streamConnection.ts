// A stream connection of the protocol: its preface, the helper's answer, and then the bare socket, paused.
import type { Socket } from 'node:net';
import { FRAME_HEADER_BYTES, FrameType, STREAM_PREFACE } from '../../protocol/streams.js';
import { FrameError, readHeader } from './frames.js';
import { connectSocket } from './socket.js';

/** The helper or the monitor refused the stream; `reason` is its own words (`CODE: reason`). */
export class StreamRefusedError extends Error {
  override readonly name = 'StreamRefusedError';
  constructor(readonly reason: string) {
    super(`stream refused: ${reason}`);
  }
}

/** The connection ended before an answer came. */
export class StreamLostError extends StreamRefusedError {
  constructor() {
    super('the connection ended before an answer');
  }
}

/** Redeems `token`. The socket is paused, and what came after READY is read from it first. @throws UnreachableError, StreamRefusedError, FrameError */
export async function openStream(socketPath: string, token: string, signal?: AbortSignal): Promise<Socket> {
  const socket = await connectSocket(socketPath, signal);
  // An error is always followed by `close`, and that is what the readers of the socket listen to.
  socket.on('error', () => undefined);
  const abort = () => socket.destroy(new Error('aborted'));
  signal?.addEventListener('abort', abort, { once: true });
  try {
    socket.write(`${STREAM_PREFACE}${token}\n`);
    const rest = await readAnswer(socket);
    if (rest.length > 0) socket.unshift(rest);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Resolves with the bytes after the READY frame. */
function readAnswer(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const settle = (act: () => void) => {
      socket.pause();
      socket.off('data', take).off('error', fail).off('close', ended);
      act();
    };
    const fail = (error: Error) => settle(() => reject(error));
    const ended = () => settle(() => reject(new StreamLostError()));
    const take = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      try {
        const rest = answerOf(bytes);
        if (rest !== undefined) settle(() => resolve(rest));
      } catch (error) {
        settle(() => reject(error instanceof Error ? error : new FrameError(String(error))));
      }
    };
    socket.on('data', take).once('error', fail).once('close', ended);
  });
}

function answerOf(bytes: Buffer): Buffer | undefined {
  if (bytes.length < FRAME_HEADER_BYTES) return undefined;
  const { type, length } = readHeader(bytes, 0);
  const end = FRAME_HEADER_BYTES + length;
  if (bytes.length < end) return undefined;
  if (type === FrameType.Ready) return bytes.subarray(end);
  if (type === FrameType.Error) throw new StreamRefusedError(bytes.subarray(FRAME_HEADER_BYTES, end).toString('utf8'));
  throw new FrameError(`frame type ${type} where READY was due`);
}
