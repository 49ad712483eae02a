// bulkhead-runtime beside crun and runc on one bundle, in one run: `run` of `true`, and `exec` of `true`.
// crun refuses hybrid hosts, so all of them run in a mount namespace of this benchmark's own in which the controller-less
// v2 hierarchy is not mounted; then ours once more on the host as it is.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inRepository } from '../support/repository.js';
import { makeBundle } from './support/bundle.js';
import { compileMeasure, measure, type Cost } from './support/measure.js';
import { median, milliseconds, percentile, printTable, ratio } from './support/statistics.js';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 40);
const CGROUP = '/bulkhead-bench';
const OURS = inRepository('native/build/Release/bulkhead-runtime');
const RIVALS = ['crun', 'runc'].filter((name) => spawnSync(name, ['--version']).status === 0);

if (process.argv[2] === '--inside') inside();
else
  for (const unified of [false, true])
    execFileSync('unshare', ['--mount', '--propagation', 'private', process.execPath, __filename, '--inside', String(unified)], { stdio: 'inherit' });

/** In the private mount namespace. */
function inside(): void {
  const withUnified = process.argv[3] === 'true';
  if (!withUnified) hideUnified();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-bench-'));
  try {
    const where = withUnified ? 'the host as it is' : 'v2 hierarchy hidden';
    const runtimes = withUnified ? [OURS] : [OURS, ...RIVALS];
    reportRun(directory, runtimes, where);
    reportExec(directory, runtimes, where);
  } finally {
    spawnSync('umount', [path.join(directory, 'true/rootfs')]);
    spawnSync('umount', [path.join(directory, 'sleep/rootfs')]);
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

function hideUnified(): void {
  if (fs.existsSync('/sys/fs/cgroup/unified')) execFileSync('umount', ['/sys/fs/cgroup/unified']);
}

function reportRun(directory: string, runtimes: readonly string[], where: string): void {
  const bundle = path.join(directory, 'true');
  makeBundle(bundle, ['/bin/true'], `${CGROUP}/run`);
  const program = compileMeasure(directory);
  const commands = runtimes.map((runtime) => `${runtime} --root ${directory}/state-${path.basename(runtime)} run --bundle ${bundle} bench-{n}`);
  measure(program, 5, commands);
  print(`run → exit of \`true\`, ${where} (n = ${String(ROUNDS)})`, runtimes, measure(program, ROUNDS, commands));
}

function reportExec(directory: string, runtimes: readonly string[], where: string): void {
  const bundle = path.join(directory, 'sleep');
  makeBundle(bundle, ['/bin/sleep', '3600'], `${CGROUP}/exec`);
  const program = compileMeasure(directory);
  const root = (runtime: string): string => `${directory}/state-${path.basename(runtime)}`;
  const costs: (readonly Cost[])[] = [];
  for (const runtime of runtimes) {
    execFileSync(runtime, ['--root', root(runtime), 'run', '--detach', '--bundle', bundle, 'bench-exec'], { stdio: 'ignore' });
    try {
      const command = `${runtime} --root ${root(runtime)} exec bench-exec /bin/true`;
      measure(program, 3, [command]);
      costs.push(measure(program, ROUNDS, [command])[0] ?? []);
    } finally {
      execFileSync(runtime, ['--root', root(runtime), 'delete', '--force', 'bench-exec'], { stdio: 'ignore' });
    }
  }
  print(`exec of \`true\`, ${where} (n = ${String(ROUNDS)})`, runtimes, costs);
}

function print(title: string, runtimes: readonly string[], costs: readonly (readonly Cost[])[]): void {
  const failed = costs.flat().filter(({ exitCode }) => exitCode !== 0);
  if (failed.length > 0) throw new Error(`${String(failed.length)} runs failed, the first with exit code ${String(failed[0]?.exitCode)}`);
  const cpu = (index: number): number => median((costs[index] ?? []).map(({ cpuUs }) => cpuUs));
  const wall = (index: number): number => median((costs[index] ?? []).map(({ wallUs }) => wallUs));
  const rows = runtimes.map((runtime, index) => ({
    name: path.basename(runtime),
    cells: [
      milliseconds(cpu(index)),
      milliseconds(wall(index)),
      milliseconds(
        percentile(
          (costs[index] ?? []).map(({ wallUs }) => wallUs),
          0.1,
        ),
      ),
      ratio(cpu(0), cpu(index)),
      ratio(wall(0), wall(index)),
    ],
  }));
  printTable(title, ['CPU, median', 'wall, median', 'wall, p10', 'ours ÷ it, CPU', 'ours ÷ it, wall'], rows);
}
