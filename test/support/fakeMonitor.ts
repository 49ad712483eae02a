// A monitor's socket and exit file, without the container (docs/architecture.md, "The monitor's socket").
import { closeSync, openSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';

export class FakeMonitor {
  readonly startTimeTicks = 777;
  readonly words: string[] = [];
  ended = false;
  /** Of a container that stands ready: who watches is answered once it executes; null: it does. */
  private waiting: net.Socket[] | null = null;
  private readonly clients = new Set<net.Socket>();

  static async listen(folder: string, name: string, exitName: string, pid: number): Promise<FakeMonitor> {
    const server = net.createServer();
    const monitor = new FakeMonitor(server, path.join(folder, `${name}.sock`), path.join(folder, exitName), pid);
    // The path may be longer than a socket's address takes.
    const fd = openSync(folder, 'r');
    await new Promise<void>((resolve) => server.listen(`/proc/self/fd/${fd}/${name}.sock`, resolve));
    closeSync(fd);
    return monitor;
  }

  /** From now on nobody is answered, until {@link letGo}. */
  hold(): void {
    this.waiting = [];
  }

  letGo(): void {
    for (const socket of this.waiting ?? []) this.answer(socket);
    this.waiting = null;
  }

  private constructor(
    private readonly server: net.Server,
    private readonly socketFile: string,
    private readonly exitFile: string,
    readonly pid: number,
  ) {
    server.on('connection', (socket) => this.serve(socket));
  }

  /** The process ends: the exit file first, then everybody is told. */
  async exit(code: number, signal = 0, oomKilled = false): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    const line = `exited ${code} ${signal} ${oomKilled ? 1 : 0} ${Date.now()}\n`;
    await writeFile(`${this.exitFile}.tmp`, line);
    await rename(`${this.exitFile}.tmp`, this.exitFile);
    await rm(this.socketFile, { force: true });
    for (const socket of this.clients) socket.end(line);
    this.server.close();
  }

  /** SIGKILL to the monitor itself: connections break, nothing is written. */
  async die(): Promise<void> {
    this.ended = true;
    await this.close();
  }

  async close(): Promise<void> {
    for (const socket of this.clients) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
    await rm(`${this.exitFile}.tmp`, { force: true });
  }

  private serve(socket: net.Socket): void {
    this.clients.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.clients.delete(socket));
    let watches = false;
    socket.on('data', (data) => {
      const text = data.toString('latin1');
      // As the real one: who watches has nothing to say any more.
      if (watches) return;
      watches = text.startsWith('watch\n');
      this.words.push(...text.split('\n').filter((word) => word !== ''));
      if (!watches) return;
      if (this.waiting === null) this.answer(socket);
      else this.waiting.push(socket);
    });
  }

  private answer(socket: net.Socket): void {
    socket.write(`running ${this.pid} ${this.startTimeTicks}\n`);
  }
}
