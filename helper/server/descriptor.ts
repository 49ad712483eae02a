// The file descriptor under a socket of node:net, which keeps it in a field without documentation: asked for here only.
import type { Socket } from 'node:net';

interface Handle {
  readonly fd: number;
  reading: boolean;
  readStop(): number;
}

/** Negative when the socket is closed. Valid until the socket is destroyed. */
export function descriptorOf(socket: Socket): number {
  return handleOf(socket)?.fd ?? -1;
}

/** From now on not a byte is taken from the kernel's buffer: whoever gets a copy of the descriptor reads all that follows. */
export function stopReading(socket: Socket): void {
  socket.pause();
  const handle = handleOf(socket);
  if (handle === null) return;
  handle.readStop();
  // `pause` does not keep the stream from reading ahead, which it does on the next tick after a chunk: node:net would start libuv's
  // reading anew then, if it did not take it for started.
  handle.reading = true;
}

function handleOf(socket: Socket): Handle | null {
  const handle: unknown = Reflect.get(socket, '_handle');
  return isHandle(handle) ? handle : null;
}

function isHandle(handle: unknown): handle is Handle {
  return typeof handle === 'object' && handle !== null && 'fd' in handle && typeof handle.fd === 'number' && 'readStop' in handle;
}
