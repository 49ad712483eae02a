// Waits until a file grows, by inotify; nothing polls.
import { watch, type FSWatcher } from 'node:fs';

export class GrowthWatch {
  private readonly watcher: FSWatcher | null;
  private grown = false;
  private wake: (() => void) | null = null;

  constructor(file: string) {
    this.watcher = tryWatch(file, () => this.notify());
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
  }
}

/** Null: the file is gone. */
function tryWatch(file: string, onChange: () => void): FSWatcher | null {
  try {
    const watcher = watch(file, onChange);
    watcher.on('error', onChange);
    return watcher;
  } catch {
    return null;
  }
}
