// bulkhead-runtime with a state directory, a bundle and cgroups of its own, for one file of tests.
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { seccompFor } from '../../../helper/policy/seccomp.js';
import { inRepository } from '../../support/repository.js';

const RUNTIME = inRepository('native/build/Release/bulkhead-runtime');
const APPLETS = ['sh', 'true', 'sleep', 'cat', 'id', 'head', 'tail', 'tr', 'tty', 'grep', 'echo'];

/** As far as the tests change it. */
export interface Bundle {
  process: { args: string[]; terminal: boolean; user: object; rlimits: object[]; [name: string]: unknown };
  root: { path: string; readonly: boolean };
  mounts: object[];
  hooks?: object;
  linux: { namespaces: object[]; resources: Record<string, unknown>; cgroupsPath?: string; [name: string]: unknown };
}

export class ScratchRuntime {
  readonly program = RUNTIME;
  readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-runtime-'));
  private readonly cgroup = `/${path.basename(this.directory)}`;

  /** `globals`: options before the command's name. */
  constructor(private readonly globals: readonly string[] = []) {
    fs.mkdirSync(this.at('rootfs/bin'), { recursive: true });
    fs.mkdirSync(this.at('rootfs/etc'));
    fs.copyFileSync('/bin/busybox', this.at('rootfs/bin/busybox'));
    fs.chmodSync(this.at('rootfs/bin/busybox'), 0o755);
    fs.writeFileSync(this.at('rootfs/etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000::/:/bin/sh\n');
    for (const applet of APPLETS) fs.symlinkSync('busybox', this.at('rootfs/bin', applet));
    for (const name of ['dev', 'proc', 'sys', 'tmp']) fs.mkdirSync(this.at('rootfs', name));
    for (const folder of ['.', 'rootfs', 'rootfs/bin', 'rootfs/etc']) fs.chmodSync(this.at(folder), 0o755);
  }

  at(...parts: readonly string[]): string {
    return path.join(this.directory, ...parts);
  }

  /** Writes the bundle's config.json: what `spec` writes, with limits, the default filter and `command`, then changed by `change`. */
  configure(command: readonly string[], change: (bundle: Bundle) => void = () => undefined): void {
    fs.rmSync(this.at('config.json'), { force: true });
    execFileSync(RUNTIME, ['spec', '--bundle', this.directory]);
    const bundle = JSON.parse(fs.readFileSync(this.at('config.json'), 'utf8')) as Bundle;
    bundle.process.terminal = false;
    bundle.process.args = [...command];
    bundle.linux.cgroupsPath = `${this.cgroup}/group`;
    bundle.linux.resources['memory'] = { limit: 64 * 2 ** 20, swap: 64 * 2 ** 20 };
    bundle.linux.resources['pids'] = { limit: 50 };
    bundle.linux['seccomp'] = seccompFor('x64', new Set());
    change(bundle);
    fs.writeFileSync(this.at('config.json'), JSON.stringify(bundle));
  }

  /** `bulkhead-runtime --root … <words>`; `create`, `run` get the bundle. Output as text, at most a minute. */
  call(...words: readonly string[]): SpawnSyncReturns<string> {
    return spawnSync(RUNTIME, this.words(words), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  }

  /** As {@link call}, by a program that changes what it is started with: `['setpriv', '--groups', '7']`. */
  callBy(wrapper: readonly string[], ...words: readonly string[]): SpawnSyncReturns<string> {
    const [program = '', ...args] = [...wrapper, RUNTIME, ...this.words(words)];
    return spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  }

  /** As {@link call} for what leaves a process behind, which must not hold this test's pipes. */
  callDetached(...words: readonly string[]): number | null {
    return spawnSync(RUNTIME, this.words(words), { stdio: 'ignore', timeout: 60_000 }).status;
  }

  words(words: readonly string[]): string[] {
    const [command = '', ...rest] = words;
    const bundle = command === 'run' || command === 'create' ? ['--bundle', this.directory] : [];
    return ['--root', this.at('state'), ...this.globals, command, ...bundle, ...rest];
  }

  status(id: string): string {
    const { stdout } = this.call('state', id);
    return stdout === '' ? 'absent' : (JSON.parse(stdout) as { status: string }).status;
  }

  /** Of all groups that there are below this scratch's own. */
  groups(): string[] {
    return this.hierarchies().flatMap((root) => {
      const own = root + this.cgroup;
      return fs.existsSync(own) ? fs.readdirSync(own, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [`${own}/${entry.name}`] : [])) : [];
    });
  }

  end(): void {
    const ids = this.call('list', '--quiet').stdout.split('\n').filter(Boolean);
    for (const id of ids) this.call('delete', '--force', id);
    for (const root of this.hierarchies()) if (fs.existsSync(root + this.cgroup)) fs.rmdirSync(root + this.cgroup);
    fs.rmSync(this.directory, { recursive: true });
  }

  private hierarchies(): string[] {
    const mounts = fs.readFileSync('/proc/self/mounts', 'utf8').split('\n');
    return mounts.flatMap((line) => {
      const [, folder, type] = line.split(' ');
      return folder !== undefined && (type === 'cgroup' || type === 'cgroup2') ? [folder] : [];
    });
  }
}
