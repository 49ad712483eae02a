// bulkhead-runtime as an ordinary user calls it: no rights, a home, a session directory and a bundle of his own, the rootfs of a scratch.
import assert from 'node:assert/strict';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Bundle, ScratchRuntime } from './scratchRuntime.js';

export class OrdinaryRuntime {
  private readonly home: string;
  /** Where his containers' state is, when he says nothing else. */
  readonly state: string;

  constructor(
    private readonly runtime: ScratchRuntime,
    private readonly id: number,
  ) {
    this.home = runtime.at(`home-${String(id)}`);
    this.state = path.join(this.home, 'bulkhead-runtime');
    fs.mkdirSync(this.home);
    fs.chownSync(this.home, id, id);
  }

  call(...words: readonly string[]): SpawnSyncReturns<string> {
    return spawnSync('setpriv', this.words(words), { encoding: 'utf8', timeout: 60_000, cwd: this.home, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  callDetached(...words: readonly string[]): number | null {
    return spawnSync('setpriv', this.words(words), { timeout: 60_000, cwd: this.home, stdio: 'ignore' }).status;
  }

  /** What `spec --rootless` writes for him, with `script` and changed by `change`. */
  configure(script: string, change: (bundle: Bundle) => void = () => undefined): void {
    const file = path.join(this.home, 'config.json');
    fs.rmSync(file, { force: true });
    assert.equal(this.call('spec', '--rootless').stderr, '');
    const bundle = JSON.parse(fs.readFileSync(file, 'utf8')) as Bundle;
    Object.assign(bundle.process, { terminal: false, args: ['/bin/sh', '-c', script] });
    bundle.root.path = this.runtime.at('rootfs');
    change(bundle);
    fs.writeFileSync(file, JSON.stringify(bundle));
  }

  pid(id: string): number {
    return (JSON.parse(this.call('state', id).stdout) as { pid: number }).pid;
  }

  /** Nothing is left of any container. */
  isEmpty(): boolean {
    return !fs.existsSync(this.state) || fs.readdirSync(this.state).length === 0;
  }

  private words(words: readonly string[]): string[] {
    const id = String(this.id);
    const rights = ['--reuid', id, '--regid', id, '--clear-groups', '--inh-caps=-all'];
    return [...rights, 'env', `XDG_RUNTIME_DIR=${this.home}`, this.runtime.program, ...words];
  }
}
