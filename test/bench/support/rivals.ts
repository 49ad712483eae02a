// What the rival runtimes take for `run` and `exec` of `true`, to set beside what the helper takes in the same run.
// crun refuses hybrid hosts, so the rivals run in a mount namespace of their own, without the controller-less v2 hierarchy.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { mountRoot, writeBundle } from './bundle.js';
import { compile, costsOf, type Cost } from './measure.js';

export const RIVALS: readonly string[] = ['crun', 'runc'].filter((name) => spawnSync(name, ['--version']).status === 0);

export interface RivalCost {
  readonly name: string;
  readonly run: readonly Cost[];
  readonly exec: readonly Cost[];
}

/** Each rival that is installed, `rounds` times; what is written goes below `scratch`. */
export function measureRivals(scratch: string, rounds: number): readonly RivalCost[] {
  const directory = fs.mkdtempSync(path.join(scratch, 'rivals-'));
  const program = compile('measure', directory);
  const [run, exec] = ['rival-run', 'rival-exec'].map((name) => path.join(directory, name));
  if (run === undefined || exec === undefined) return [];
  writeBundle(run, ['/bin/true'], '/bulkhead-bench/rival-run');
  writeBundle(exec, ['/bin/sleep', '3600'], '/bulkhead-bench/rival-exec');
  return RIVALS.map((name) => {
    const runtime = `${name} --root ${directory}/state-${name}`;
    const start = `${runtime} run --detach --bundle ${exec} bench-rival < /dev/null > /dev/null 2>&1`;
    const end = `${runtime} delete --force bench-rival > /dev/null`;
    return {
      name,
      run: hidden(run, `${program} ${String(rounds)} '${runtime} run --bundle ${run} bench-{n}'`),
      exec: hidden(exec, `${start} && ${program} ${String(rounds)} '${runtime} exec bench-rival /bin/true'; ${end}`),
    };
  });
}

function hidden(bundle: string, commands: string): readonly Cost[] {
  const unified = '/sys/fs/cgroup/unified';
  const hide = fs.existsSync(unified) ? `umount ${unified} && ` : '';
  const script = `${mountRoot(bundle)} && ${hide}${commands}`;
  const output = execFileSync('unshare', ['--mount', '--propagation', 'private', '/bin/sh', '-c', script], { encoding: 'utf8' });
  return costsOf(output, 1)[0] ?? [];
}
