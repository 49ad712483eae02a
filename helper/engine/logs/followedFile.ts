// Waits until a file grows, by inotify; where there is none left, by looking now and then.
import fs, { type FSWatcher } from 'node:fs';

/** How often a file is looked at that can't be watched: a user can have so many watches, and the machine. */
const LOOK_MS = 1000;

export class GrowthWatch {
  private readonly watcher: FSWatcher | null;
  private readonly looking: NodeJS.Timeout | null;
  private grown = false;
  private wake: (() => void) | null = null;

  constructor(file: string) {
    this.watcher = tryWatch(file, () => this.notify());
    this.looking = this.watcher === null ? setInterval(() => this.notify(), LOOK_MS) : null;
  }

  /** Makes a pending or the next {@link next} resolve. */
  notify(): void {
    this.grown = true;
    this.wake?.();
  }

  /** Resolves once something may have been written since the last call. */
  async next(): Promise<void> {
    if (!this.grown) await new Promise<void>((resolve) => (this.wake = resolve));
    this.wake = null;
    this.grown = false;
  }

  close(): void {
    this.watcher?.close();
    if (this.looking !== null) clearInterval(this.looking);
  }
}

/** Null: it can't be watched. */
function tryWatch(file: string, onChange: () => void): FSWatcher | null {
  try {
    const watcher = fs.watch(file, onChange);
    watcher.on('error', onChange);
    return watcher;
  } catch {
    return null;
  }
}
