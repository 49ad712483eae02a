// The unix socket itself: made in a directory that only root can write to, under the instance lock, open to every local user:
// who may what is decided by the uid that the kernel names, not by the mode of a file.
import fs from 'node:fs';
import net, { type Socket } from 'node:net';
import path from 'node:path';

export interface Listener {
  /** Takes no more connections and removes the socket; those that are open stay. */
  close(): Promise<void>;
  /** Ends the connections that are left. */
  destroyAll(): void;
}

/** The lock must be held: a socket that is found is taken for one that a dead helper has left. */
export async function listen(socketPath: string, admit: (socket: Socket) => void): Promise<Listener> {
  prepare(socketPath);
  const sockets = new Set<Socket>();
  // Paused: not a byte is read before the peer has been identified.
  const server = net.createServer({ pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    admit(socket);
  });
  await bind(server, socketPath);
  return {
    close: () => stop(server),
    destroyAll: () => sockets.forEach((socket) => socket.destroy()),
  };
}

function prepare(socketPath: string): void {
  const directory = path.dirname(socketPath);
  const { mode, uid } = fs.statSync(directory);
  // Whoever can write there can put his own socket in the place of ours.
  if (uid !== 0 || (mode & 0o022) !== 0) throw new Error(`${directory} must belong to root and be writable by nobody else`);
  const found = fs.lstatSync(socketPath, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${socketPath} is there and is not a socket`);
  fs.unlinkSync(socketPath);
}

function bind(server: net.Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The umask (077) keeps everybody out until the mode is set.
    server.listen({ path: socketPath, backlog: 512 }, () => {
      server.off('error', reject);
      fs.chmodSync(socketPath, 0o666);
      resolve();
    });
  });
}

/** Resolves as soon as nobody new can connect; `close` alone would wait for the last connection to end. */
function stop(server: net.Server): Promise<void> {
  server.close();
  return Promise.resolve();
}
