// conmon, the monitor of Podman and CRI-O, over one container: to weigh it beside ours.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeBundle } from './bundle.js';

const ID = 'bench-conmon';

export class Conmon {
  private constructor(
    readonly pid: number,
    private readonly runtime: readonly string[],
  ) {}

  /** Null: conmon or runc is not installed. */
  static async start(directory: string): Promise<Conmon | null> {
    if (['conmon', 'runc'].some((name) => spawnSync(name, ['--version']).status !== 0)) return null;
    const bundle = path.join(directory, 'conmon');
    const at = (name: string): string => path.join(bundle, name);
    writeBundle(bundle, ['/bin/sleep', '3600'], '/bulkhead-bench/conmon');
    fs.cpSync(at('layer'), at('rootfs'), { recursive: true, verbatimSymlinks: true });
    const runtime = ['runc', '--root', at('state')];
    const files = ['-p', at('pid'), '-P', at('conmon-pid'), '-l', `k8s-file:${at('log')}`, '--exit-dir', bundle, '--socket-dir-path', bundle];
    execFileSync('conmon', [
      '--api-version',
      '1',
      '-c',
      ID,
      '-u',
      ID,
      '-r',
      '/usr/sbin/runc',
      '--runtime-arg',
      '--root',
      '--runtime-arg',
      at('state'),
      '-b',
      bundle,
      ...files,
    ]);
    for (let tries = 0; !fs.existsSync(at('pid')) && tries < 100; tries++) await delay(50);
    execFileSync('runc', [...runtime.slice(1), 'start', ID]);
    return new Conmon(Number(fs.readFileSync(at('conmon-pid'), 'utf8')), runtime);
  }

  end(): void {
    execFileSync('runc', [...this.runtime.slice(1), 'delete', '--force', ID]);
  }
}
