// Tells when the helper's socket may have appeared, so that a connection does not wait for the back-off.
import fs from 'node:fs';
import path from 'node:path';

export class SocketWatcher {
  private watcher: fs.FSWatcher | undefined;

  constructor(
    private readonly socketPath: string,
    private readonly onAppear: () => void,
  ) {
    this.watchNearest();
  }

  dispose(): void {
    this.watcher?.close();
    this.watcher = undefined;
  }

  /** Watches the socket's folder, or, as long as that is missing, the nearest folder above it that is there. */
  private watchNearest(): void {
    const folder = nearestFolder(path.dirname(this.socketPath));
    const awaited = path.relative(folder, this.socketPath).split(path.sep)[0];
    try {
      const watcher = fs.watch(folder, { persistent: false }, (_event, name) => {
        if (name === null || name === awaited) this.changed(folder);
      });
      // A folder that is removed under the watcher: the back-off goes on without it.
      watcher.on('error', () => watcher.close());
      this.watcher = watcher;
    } catch {
      // A folder that may not be watched: the back-off does without.
    }
  }

  private changed(folder: string): void {
    if (nearestFolder(path.dirname(this.socketPath)) !== folder) {
      this.dispose();
      this.watchNearest();
    }
    if (fs.existsSync(this.socketPath)) this.onAppear();
  }
}

function nearestFolder(folder: string): string {
  let at = path.resolve(folder);
  while (!fs.existsSync(at) && path.dirname(at) !== at) at = path.dirname(at);
  return at;
}
