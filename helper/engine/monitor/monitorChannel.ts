// The connection to one monitor: hears that its process runs and how it ended. Falls back on the exit file when the monitor is gone.
//
//   helper                         monitor
//     │ watch\n ─────────────────────▶│
//     │◀───── running <pid> <ticks>\n │
//     │ resize <rows> <columns>\n ───▶│
//     │◀─────────────── exited …\n, end (the same line is in the exit file by then)
import { closeSync, constants, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import type { ExitStatus, ProcessIdentity } from '../containers/state.js';
import { errnoName } from '../failure.js';
import { LineSplitter, parseMonitorLine } from './monitorLines.js';

export interface MonitorListener {
  running?(process: ProcessIdentity): void;
  /** Once, last. */
  exited(exit: ExitStatus): void;
  /** Instead of `exited`, last: the monitor is gone and has left no exit status. */
  lost(): void;
}

/** A monitor that is just starting or ending refuses a connection for a moment. */
const CONNECT_ATTEMPTS = 20;
const CONNECT_PAUSE_MS = 25;
/** What says that there is no monitor. Anything else (no descriptors left, too many who knock) says that one has to ask again. */
const NOBODY_THERE: ReadonlySet<string | null> = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED']);
const LONGEST_PAUSE_MS = 2000;

export class MonitorChannel {
  private socket: net.Socket | null = null;
  private established = false;
  private refusals = 0;
  private pauseMs = CONNECT_PAUSE_MS;
  private done = false;

  /** Watches the monitor that listens at `<folder>/<name>.sock` and leaves `exitName` beside it. */
  constructor(
    private readonly folder: string,
    private readonly name: string,
    private readonly exitName: string,
    private readonly listener: MonitorListener,
  ) {
    this.connect();
  }

  /** On a connection of its own: on that of a watcher the monitor hears nothing but its end. One that has gone has no terminal. */
  resize(rows: number, columns: number): void {
    const socket = tryConnect(this.folder, `${this.name}.sock`);
    if (!(socket instanceof net.Socket)) return;
    socket.on('error', () => undefined);
    socket.end(`resize ${rows} ${columns}\n`);
  }

  /** Hears no more. The monitor goes on. */
  close(): void {
    this.done = true;
    this.socket?.destroy();
  }

  private connect(): void {
    if (this.done) return;
    const lines = new LineSplitter();
    const socket = tryConnect(this.folder, `${this.name}.sock`);
    if (!(socket instanceof net.Socket)) return this.refused(socket);
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('connect', () => (this.established = true));
    socket.on('data', (chunk: string) => this.read(lines, chunk));
    socket.on('error', (error) => this.count(error));
    socket.on('close', () => void this.conclude());
    socket.write('watch\n');
  }

  private read(lines: LineSplitter, chunk: string): void {
    try {
      for (const line of lines.push(chunk)) this.hear(line);
    } catch {
      this.socket?.destroy();
    }
  }

  private hear(text: string): void {
    const line = parseMonitorLine(text);
    if (this.done || line === null) return;
    if (line.kind === 'running') this.listener.running?.(line.process);
    else this.tell(line.exit);
  }

  private count(error: unknown): void {
    if (this.established) return;
    if (NOBODY_THERE.has(errnoName(error))) this.refusals += 1;
    else this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
  }

  private refused(error: unknown): void {
    this.count(error);
    void this.conclude();
  }

  /** The connection has ended, or never was: the exit file has the last word. One that can't be read says neither yes nor no. */
  private async conclude(): Promise<void> {
    if (this.done) return;
    try {
      const exit = await readExit(path.join(this.folder, this.exitName));
      if (exit !== null || this.established || this.refusals >= CONNECT_ATTEMPTS) return this.tell(exit);
    } catch {
      this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
      if (this.established) return void setTimeout(() => void this.conclude(), this.pauseMs);
    }
    setTimeout(() => this.connect(), this.pauseMs);
  }

  private tell(exit: ExitStatus | null): void {
    if (this.done) return;
    this.close();
    if (exit === null) this.listener.lost();
    else this.listener.exited(exit);
  }
}

/** The exit status that a monitor has left; null: none. */
export async function readExit(file: string): Promise<ExitStatus | null> {
  const text = await readFile(file, 'latin1').catch((error: unknown) => {
    if (errnoName(error) === 'ENOENT' || errnoName(error) === 'ENOTDIR') return '';
    throw error;
  });
  const line = parseMonitorLine(text);
  return line?.kind === 'exited' ? line.exit : null;
}

const SUN_PATH_MAX = 107;

/** A socket's address has room for 107 bytes: a longer path is reached through a descriptor of its folder. Returns what opening that one fails with. */
function tryConnect(folder: string, name: string): net.Socket | Error {
  const file = path.join(folder, name);
  if (Buffer.byteLength(file) <= SUN_PATH_MAX) return net.connect(file);
  try {
    const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    const socket = net.connect(`/proc/self/fd/${fd}/${name}`);
    closeSync(fd);
    return socket;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
