// Opens the helper's socket. Says why it could not, as a value.
import net from 'node:net';

/** `missing`: no such file; `refused`: a file, but nobody listens; `forbidden`: the file's permissions; `unresponsive`: it takes connections and is silent. */
export type Unreachable = 'missing' | 'refused' | 'forbidden' | 'unresponsive';

export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  constructor(
    readonly why: Unreachable,
    readonly socketPath: string,
  ) {
    super(`${socketPath}: ${why}`);
  }
}

/** @throws UnreachableError, or what `signal` was aborted with. */
export function connectSocket(socketPath: string, signal?: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = net.connect({ path: socketPath });
    const abort = () => {
      socket.destroy();
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    const fail = (error: NodeJS.ErrnoException) => {
      signal?.removeEventListener('abort', abort);
      reject(new UnreachableError(whyOf(error.code), socketPath));
    };
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('error', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      signal?.removeEventListener('abort', abort);
      resolve(socket);
    });
  });
}

function whyOf(errno: string | undefined): Unreachable {
  if (errno === 'EACCES' || errno === 'EPERM') return 'forbidden';
  return errno === 'ENOENT' || errno === 'ENOTDIR' ? 'missing' : 'refused';
}
