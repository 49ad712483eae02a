// A containerd with our runtime, started for the tests on a socket, with a root, a state and a group of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { call, clientRuntime, groupFolders, IMAGE_FILE, onTerminal, type Outcome } from './clientRuntime.js';

const IMAGE = 'bulkhead/busybox:latest';
/** Where its shims and ctr put sockets and fifos, whatever they are told. */
const RUN = '/run/containerd';
const UNUSED = ['io.containerd.grpc.v1.cri', 'io.containerd.snapshotter.v1.btrfs', 'io.containerd.snapshotter.v1.devmapper', 'io.containerd.internal.v1.opt'];

export class Containerd {
  readonly runtime: string;
  private readonly group: string;

  private constructor(
    private readonly directory: string,
    private readonly daemon: ChildProcess,
    private readonly hadRun: boolean,
  ) {
    this.group = `/${path.basename(directory)}`;
    this.runtime = clientRuntime(directory);
  }

  static async begin(): Promise<Containerd> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-containerd-'));
    const hadRun = fs.existsSync(RUN);
    fs.writeFileSync(path.join(directory, 'config.toml'), configuration(directory));
    const log = fs.openSync(path.join(directory, 'log'), 'w');
    fs.chmodSync(directory, 0o711);
    fs.mkdirSync(path.join(directory, 'bin'));
    // ctr 1.6 forgets its --runc-binary when it is given --uidmap: the shim then takes what PATH has.
    fs.symlinkSync(clientRuntime(directory), path.join(directory, 'bin/runc'));
    const env = { ...process.env, PATH: `${path.join(directory, 'bin')}:${process.env['PATH'] ?? ''}` };
    const daemon = spawn('containerd', ['--config', path.join(directory, 'config.toml')], { env, stdio: ['ignore', log, log] });
    fs.closeSync(log);
    const containerd = new Containerd(directory, daemon, hadRun);
    for (let tries = 0; containerd.call('version').status !== 0; ++tries) {
      if (tries > 100) throw new Error(`containerd does not answer: ${fs.readFileSync(path.join(directory, 'log'), 'utf8')}`);
      await delay(100);
    }
    containerd.must('image', 'import', IMAGE_FILE);
    return containerd;
  }

  call(...words: readonly string[]): Outcome {
    return call('ctr', this.words(words));
  }

  /** As {@link call}; an error when it fails. Standard output, trimmed. */
  must(...words: readonly string[]): string {
    const { status, stdout, stderr } = this.call(...words);
    if (status !== 0) throw new Error(`ctr ${words.join(' ')} ended with ${String(status)}: ${stderr}${stdout}`);
    return stdout.trim();
  }

  onTerminal(words: readonly string[], answers: Parameters<typeof onTerminal>[1] = []): ReturnType<typeof onTerminal> {
    return onTerminal(['ctr', ...this.words(words)], answers);
  }

  /** The words of `ctr run` for the container `id`. */
  runWords(id: string, options: readonly string[], ...command: readonly string[]): string[] {
    const places = ['--runc-binary', this.runtime, '--runc-root', path.join(this.directory, 'runc'), '--cgroup', `${this.group}/${id}`];
    return ['run', ...places, ...options, IMAGE, id, ...command];
  }

  run(options: readonly string[], ...command: readonly string[]): Outcome {
    return this.call(...this.runWords('once', ['--rm', ...options], ...command));
  }

  start(id: string, options: readonly string[], ...command: readonly string[]): void {
    this.must(...this.runWords(id, ['--detach', ...options], ...command));
  }

  /** RUNNING, PAUSED, STOPPED, …; '' when there is no such task. */
  status(id: string): string {
    const line = this.must('task', 'ls')
      .split('\n')
      .find((text) => text.startsWith(`${id} `));
    return line?.trim().split(/\s+/)[2] ?? '';
  }

  async untilStopped(id: string): Promise<void> {
    for (let tries = 0; this.status(id) !== 'STOPPED'; ++tries) {
      if (tries > 100) throw new Error(`${id} does not stop`);
      await delay(100);
    }
  }

  /** Ends it. What is left that should not be: to be found empty. */
  async end(): Promise<string[]> {
    const left = this.must('container', 'ls', '--quiet').split('\n').filter(Boolean);
    for (const id of left) this.call('task', 'delete', '--force', id);
    this.daemon.kill('SIGTERM');
    await once(this.daemon, 'exit');
    const groups = groupFolders(this.group).flatMap((folder) => groupsIn(folder));
    for (const folder of groupFolders(this.group)) if (groupsIn(folder).length === 0) fs.rmdirSync(folder);
    const mounts = fs
      .readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(this.directory));
    fs.rmSync(this.directory, { recursive: true, force: true });
    if (!this.hadRun) fs.rmSync(RUN, { recursive: true, force: true });
    return [...left, ...groups, ...mounts];
  }

  private words(words: readonly string[]): string[] {
    return ['--address', path.join(this.directory, 'containerd.sock'), ...words];
  }
}

function configuration(directory: string): string {
  return `version = 2
root = "${directory}/root"
state = "${directory}/state"
disabled_plugins = [${UNUSED.map((name) => `"${name}"`).join(', ')}]
[grpc]
address = "${directory}/containerd.sock"
[ttrpc]
address = "${directory}/ttrpc.sock"
`;
}

function groupsIn(folder: string): string[] {
  const inside = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return inside.map(({ name }) => path.join(folder, name));
}
