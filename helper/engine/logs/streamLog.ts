// Sends a container's log to a reader, as fast as he takes it and no faster: one block is in memory at a time.
import { once } from 'node:events';
import { open, type FileHandle } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { errnoName } from '../failure.js';
import { GrowthWatch } from './followedFile.js';
import { SinceFilter, tailOffset } from './logPosition.js';

export interface LogRequest {
  readonly follow: boolean;
  /** The last n lines; undefined: all. */
  readonly tail: number | undefined;
  readonly sinceMs: number | undefined;
}

/** Who writes the log. */
export interface LogWriter {
  /** Whether it may still write. */
  isActive(): boolean;
  /** Calls `listener` whenever that may have changed, until the result is called. */
  watch(listener: () => void): () => void;
}

const BLOCK_BYTES = 64 * 1024;

/** Resolves once all has been written (`follow`: once the writer has ended too) or `signal` is aborted. A log that is not there is empty. */
export async function streamLog(file: string, request: LogRequest, writer: LogWriter, sink: Writable, signal: AbortSignal): Promise<void> {
  const handle = (await openLog(file)) ?? (request.follow ? await openLater(file, writer, signal) : null);
  if (handle === null) return;
  try {
    const { size } = await handle.stat();
    const start = request.tail === undefined ? 0 : await tailOffset(handle, size, request.tail);
    const copier = new Copier(handle, start, request.sinceMs, sink, signal);
    if (request.follow) await follow(file, copier, writer, signal);
    else await copier.copy();
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await handle.close();
  }
}

/** Waits until there is one; null: there won't be. */
async function openLater(file: string, writer: LogWriter, signal: AbortSignal): Promise<FileHandle | null> {
  for (let active = true; active && !signal.aborted;) {
    const changed = new AbortController();
    const wake = () => changed.abort();
    const stopWatching = writer.watch(wake);
    signal.addEventListener('abort', wake, { once: true });
    try {
      active = writer.isActive();
      const handle = await openLog(file);
      if (handle !== null) return handle;
      if (active && !changed.signal.aborted) await once(changed.signal, 'abort');
    } finally {
      signal.removeEventListener('abort', wake);
      stopWatching();
    }
  }
  return null;
}

async function follow(file: string, copier: Copier, writer: LogWriter, signal: AbortSignal): Promise<void> {
  const growth = new GrowthWatch(file);
  const wake = () => growth.notify();
  const stopWatching = writer.watch(wake);
  signal.addEventListener('abort', wake, { once: true });
  try {
    // Asked before the copy: what is written between the two is copied in the next round.
    for (let active = true; active && !signal.aborted;) {
      active = writer.isActive();
      await copier.copy();
      if (active) await growth.next();
    }
  } finally {
    signal.removeEventListener('abort', wake);
    stopWatching();
    growth.close();
  }
}

class Copier {
  private readonly block = Buffer.alloc(BLOCK_BYTES);
  private readonly filter: SinceFilter | null;

  constructor(
    private readonly file: FileHandle,
    private offset: number,
    sinceMs: number | undefined,
    private readonly sink: Writable,
    private readonly signal: AbortSignal,
  ) {
    this.filter = sinceMs === undefined ? null : new SinceFilter(sinceMs);
  }

  /** Everything that the file holds now. */
  async copy(): Promise<void> {
    while (!this.signal.aborted) {
      const { bytesRead } = await this.file.read(this.block, 0, BLOCK_BYTES, this.offset);
      if (bytesRead === 0) return;
      this.offset += bytesRead;
      // A copy: the sink may hold it while the next block is read.
      const bytes = Buffer.from(this.block.subarray(0, bytesRead));
      await this.write(this.filter === null ? bytes : this.filter.push(bytes));
    }
  }

  private async write(bytes: Buffer): Promise<void> {
    if (bytes.length === 0 || this.sink.write(bytes)) return;
    await once(this.sink, 'drain', { signal: this.signal });
  }
}

async function openLog(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if (errnoName(error) === 'ENOENT') return null;
    throw error;
  }
}
