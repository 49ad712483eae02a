// bulkhead-runtime beside crun, runc and the floor (support/floor.cpp) on one bundle, in one run: `run` and `exec` of `true`,
// create + start + delete one after another and several at a time, and what the commands weigh.
// crun refuses hybrid hosts, so all of them run in a mount namespace of this benchmark's own in which the controller-less
// v2 hierarchy is not mounted; then ours once more on the host as it is.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { inRepository } from '../support/repository.js';
import { makeBundle } from './support/bundle.js';
import { cachedFilter } from './support/filter.js';
import { compile, measure, measureTogether, type Cost } from './support/measure.js';
import { RIVALS } from './support/rivals.js';
import { median, milliseconds, percentile, printTable, ratio } from './support/statistics.js';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 40);
const LIVES = Number(process.env['BENCH_LIVES'] ?? 50);
const TOGETHER = 8;
const CGROUP = '/bulkhead-bench';
const OURS = inRepository('native/build/Release/bulkhead-runtime');

interface Bench {
  /** Holds all that is written. */
  readonly directory: string;
  readonly measure: string;
  readonly floor: string;
  readonly runtimes: readonly string[];
  readonly where: string;
}

/** In the private mount namespace. */
function inside(withUnified: boolean): void {
  if (!withUnified && fs.existsSync('/sys/fs/cgroup/unified')) execFileSync('umount', ['/sys/fs/cgroup/unified']);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-bench-'));
  try {
    for (const name of ['true', 'sleep', 'lives']) makeBundle(path.join(directory, name), commandOf(name), `${CGROUP}/${name}`);
    const bench: Bench = {
      directory,
      measure: compile('measure', directory),
      floor: compile('floor', directory),
      runtimes: withUnified ? [OURS] : [OURS, ...RIVALS],
      where: withUnified ? 'the host as it is' : 'v2 hierarchy hidden',
    };
    reportRun(bench);
    reportExec(bench);
    reportLives(bench);
    if (!withUnified) reportSizes();
  } finally {
    for (const name of ['true', 'sleep', 'lives']) spawnSync('umount', [path.join(directory, name, 'rootfs')]);
    spawnSync('rmdir', groups(CGROUP));
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

const commandOf = (name: string): readonly string[] => (name === 'sleep' ? ['/bin/sleep', '3600'] : ['/bin/true']);
const groups = (name: string): string[] => fs.readdirSync('/sys/fs/cgroup').map((hierarchy) => path.join('/sys/fs/cgroup', hierarchy, name));
const rootOf = ({ directory }: Bench, runtime: string): string => `${directory}/state-${path.basename(runtime)}`;

function reportRun(bench: Bench): void {
  const bundle = path.join(bench.directory, 'true');
  const commands = bench.runtimes.map((runtime) => `${runtime} --root ${rootOf(bench, runtime)} run --bundle ${bundle} bench-{n}`);
  measure(bench.measure, 5, commands);
  const floor = `${bench.floor} run ${bundle}/rootfs ${CGROUP.slice(1)}/floor ${cachedFilter(bench.directory)} /bin/true`;
  const costs = measure(bench.measure, ROUNDS, [...commands, floor]);
  print(`run → exit of \`true\`, ${bench.where} (n = ${String(ROUNDS)})`, [...bench.runtimes, 'the floor'], costs);
}

/** Interleaved: a container of each runtime runs meanwhile. */
function reportExec(bench: Bench): void {
  const bundle = path.join(bench.directory, 'sleep');
  const started: string[] = [];
  try {
    for (const runtime of bench.runtimes) {
      // Each in groups of its own: a runtime may refuse one that another lives in.
      const config = JSON.parse(fs.readFileSync(path.join(bundle, 'config.json'), 'utf8')) as { linux: { cgroupsPath: string } };
      config.linux.cgroupsPath = `${CGROUP}/exec-${path.basename(runtime)}`;
      fs.writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(config));
      execFileSync(runtime, ['--root', rootOf(bench, runtime), 'run', '--detach', '--bundle', bundle, 'bench-exec'], { stdio: 'ignore' });
      started.push(runtime);
    }
    const commands = bench.runtimes.map((runtime) => `${runtime} --root ${rootOf(bench, runtime)} exec bench-exec /bin/true`);
    measure(bench.measure, 3, commands);
    const { pid } = JSON.parse(execFileSync(OURS, ['--root', rootOf(bench, OURS), 'state', 'bench-exec'], { encoding: 'utf8' })) as { pid: number };
    const group = `${CGROUP.slice(1)}/exec-${path.basename(OURS)}`;
    const floor = `${bench.floor} exec ${String(pid)} ${group} ${cachedFilter(bench.directory)} /bin/true`;
    print(`exec of \`true\`, ${bench.where} (n = ${String(ROUNDS)})`, [...bench.runtimes, 'the floor'], measure(bench.measure, ROUNDS, [...commands, floor]));
  } finally {
    for (const runtime of started) execFileSync(runtime, ['--root', rootOf(bench, runtime), 'delete', '--force', 'bench-exec'], { stdio: 'ignore' });
  }
}

function reportLives(bench: Bench): void {
  const bundle = path.join(bench.directory, 'lives');
  // One bundle for all: their groups are named after the containers.
  const config = JSON.parse(fs.readFileSync(path.join(bundle, 'config.json'), 'utf8')) as { linux: { cgroupsPath?: string } };
  delete config.linux.cgroupsPath;
  fs.writeFileSync(path.join(bundle, 'config.json'), JSON.stringify(config));
  const lives = bench.runtimes.map((runtime) => {
    const command = `${runtime} --root ${rootOf(bench, runtime)}`;
    return `${command} create --bundle ${bundle} bench-life-{n} ; ${command} start bench-life-{n} ; ${command} delete --force bench-life-{n}`;
  });
  for (const together of [1, TOGETHER]) {
    const costs = measureTogether(bench.measure, LIVES, together, lives).map((all) =>
      all.map((cost) => ({ ...cost, wallUs: cost.wallUs / LIVES, cpuUs: cost.cpuUs / LIVES })),
    );
    const title = `create + start + delete, each of ${String(LIVES)}, ${String(together)} at a time, ${bench.where}`;
    print(title, bench.runtimes, costs);
  }
}

function reportSizes(): void {
  const size = (file: string): string => `${String(Math.ceil(fs.statSync(file).size / 1024))} KB`;
  printTable(
    'on disk',
    ['size'],
    ['bulkhead-runtime', 'bulkhead-init'].map((name) => ({ name, cells: [size(inRepository('native/build/Release', name))] })),
  );
}

function print(title: string, names: readonly string[], costs: readonly (readonly Cost[])[]): void {
  const failed = costs.flat().filter(({ exitCode }) => exitCode !== 0);
  if (failed.length > 0) throw new Error(`${title}: ${String(failed.length)} runs failed, the first with exit code ${String(failed[0]?.exitCode)}`);
  const values = (index: number, field: 'cpuUs' | 'wallUs' | 'peakKb'): number[] => (costs[index] ?? []).map((cost) => cost[field]);
  const cpu = (index: number): number => median(values(index, 'cpuUs'));
  const wall = (index: number): number => median(values(index, 'wallUs'));
  const rows = names.map((name, index) => ({
    name: path.basename(name),
    cells: [
      milliseconds(cpu(index)),
      milliseconds(wall(index)),
      milliseconds(percentile(values(index, 'wallUs'), 0.1)),
      `${String(Math.max(...values(index, 'peakKb')))} KB`,
      ratio(cpu(0), cpu(index)),
      ratio(wall(0), wall(index)),
    ],
  }));
  printTable(title, ['CPU, median', 'wall, median', 'wall, p10', 'peak memory', 'ours ÷ it, CPU', 'ours ÷ it, wall'], rows);
}

if (process.argv[2] === '--inside') inside(process.argv[3] === 'true');
else
  for (const unified of [false, true])
    execFileSync('unshare', ['--mount', '--propagation', 'private', process.execPath, __filename, '--inside', String(unified)], { stdio: 'inherit' });
