// The helper, from a client's call on: start, exec, a list of 200, what a monitor weighs, and what the idle helper uses.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../../extension/client/session.js';
import { AttachedStream } from '../../extension/client/attachedStream.js';
import { openStream } from '../../extension/client/streamConnection.js';
import { ensureImage } from '../../tools/client/images.js';
import { startHelper, type TestHelper } from '../support/helper.js';
import { inRepository } from '../support/repository.js';
import { Conmon } from './support/conmon.js';
import { measureRivals, type RivalCost } from './support/rivals.js';
import { median, milliseconds, percentile, printTable, ratio, type Row } from './support/statistics.js';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 40);
const RUNNING = Number(process.env['BENCH_CONTAINERS'] ?? 200);
const TOGETHER = 8;
const IDLE_SECONDS = 10;
const IMAGE = 'bulkhead/busybox:latest';

void main();

async function main(): Promise<void> {
  const helper = await startHelper();
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'bulkhead-bench-'));
  let session: Session | null = null;
  try {
    await ensureImage(helper.socketPath, inRepository('dist/image/busybox.tar'), IMAGE);
    // Before and after ours: on a machine whose speed drifts neither side is favoured.
    const before = measureRivals(scratch, Math.ceil(ROUNDS / 2));
    // Not before: this process has stood still meanwhile, and who connects has to say something soon.
    session = await helper.connect();
    const start = await reportStart(session);
    await reportParked(session);
    const exec = await reportExec(session, helper);
    reportRivals({ start, exec }, before, measureRivals(scratch, Math.ceil(ROUNDS / 2)));
    await reportRate(session);
    await reportMany(session, helper, scratch);
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
    session?.dispose();
    await helper.stop();
  }
}

const create = (session: Session, command: readonly string[]) =>
  session.call('container/create', { spec: { image: IMAGE, command: [...command], limits: { memoryBytes: 2 ** 28, cpus: 1.5, pids: 256 } } });

async function timed(work: () => Promise<unknown>): Promise<number> {
  const before = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - before) / 1000;
}

async function repeat(rounds: number, work: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let round = 0; round < rounds + 5; round++) values.push(await work());
  return values.slice(5);
}

const row = (name: string, values: readonly number[]): Row => ({
  name,
  cells: [milliseconds(median(values)), milliseconds(percentile(values, 0.1)), milliseconds(percentile(values, 0.9))],
});
const COLUMNS = ['median', 'p10', 'p90'];

/** Returns the median from the client's call to PID 1's exec, in µs. */
async function reportStart(session: Session): Promise<number> {
  const { id: container } = await create(session, ['/bin/true']);
  const kernel: number[] = [];
  const toExit: number[] = [];
  const toExecution: number[] = [];
  const starts = await repeat(ROUNDS, async () => {
    const called = performance.timeOrigin + performance.now();
    const { ledger, took } = await startAndInspect(session, container);
    toExit.push((performance.timeOrigin + performance.now() - called) * 1000);
    const launch = ledger.filter(({ operation }) => operation.includes('start')).at(-1);
    kernel.push(launch?.durationUs ?? Number.NaN);
    // The helper notes the launch when it hears of the exec, in whole milliseconds, rounded down: half of one is added.
    toExecution.push(((launch?.atMs ?? Number.NaN) + 0.5 - called) * 1000);
    return took;
  });
  const pings = await repeat(ROUNDS, () => timed(() => session.call('system/ping', {})));
  printTable(`start of \`true\` through the helper (n = ${String(ROUNDS)})`, COLUMNS, [
    row('container/start, call → PID 1 has executed', toExecution.slice(5)),
    row('… of which launch → execve', kernel.slice(5)),
    row('container/start, call → answer', starts),
    row('call → exit, inspected by the client', toExit.slice(5)),
    row('system/ping', pings),
  ]);
  await session.call('container/remove', { container, force: true });
  return median(toExecution.slice(5));
}

/** A new container each time, started once it stands ready: the answer comes after the exec. */
async function reportParked(session: Session): Promise<void> {
  const kernel: number[] = [];
  const answers = await repeat(ROUNDS, async () => {
    const { id: container } = await create(session, ['/bin/true']);
    while (!(await ledgerOf(session, container)).some(({ operation }) => operation === 'prepare')) await delay(5);
    const took = await timed(() => session.call('container/start', { container }));
    await session.call('container/wait', { container });
    kernel.push((await ledgerOf(session, container)).at(-1)?.durationUs ?? Number.NaN);
    await session.call('container/remove', { container, force: true });
    return took;
  });
  printTable(`start of \`true\` that stands ready (n = ${String(ROUNDS)})`, COLUMNS, [
    row('container/start, call → answer (PID 1 has executed)', answers),
    row('… of which release → execve', kernel.slice(5)),
  ]);
}

const ledgerOf = async (session: Session, container: string) => (await session.call('container/inspect', { container })).ledger;

async function startAndInspect(session: Session, container: string) {
  const took = await timed(() => session.call('container/start', { container }));
  await session.call('container/wait', { container });
  return { took, ...(await session.call('container/inspect', { container })) };
}

/** Returns the median from the client's call to the exit frame, in µs. */
async function reportExec(session: Session, { socketPath }: TestHelper): Promise<number> {
  const { id: container } = await create(session, ['/bin/sleep', '3600']);
  await session.call('container/start', { container });
  const values = await repeat(ROUNDS, () =>
    timed(async () => {
      const { token } = await session.call('container/exec', { container, command: ['/bin/true'] });
      const stream = new AttachedStream(await openStream(socketPath, token));
      await new Promise<void>((resolve) => stream.start({ output: () => undefined, ended: () => resolve() }));
    }),
  );
  printTable(`exec of \`true\` through the helper (n = ${String(ROUNDS)})`, COLUMNS, [row('container/exec → exit frame', values)]);
  await session.call('container/remove', { container, force: true });
  return median(values);
}

function reportRivals(ours: { readonly start: number; readonly exec: number }, ...measured: readonly (readonly RivalCost[])[]): void {
  const wall = (name: string, kind: 'run' | 'exec'): number =>
    median(measured.flat().flatMap((rival) => (rival.name === name ? rival[kind].map(({ wallUs }) => wallUs) : [])));
  const rows = (measured[0] ?? []).map(({ name }) => {
    const [run, exec] = [wall(name, 'run'), wall(name, 'exec')];
    return { name, cells: [milliseconds(run), ratio(ours.start, run), milliseconds(exec), ratio(ours.exec, exec)] };
  });
  printTable('beside the command line of the rivals, wall time', ['run', 'our start ÷ it', 'exec', 'our exec ÷ it'], rows);
}

/** Each of several containers is started again as soon as it has ended, by one client over one connection. */
async function reportRate(session: Session): Promise<void> {
  const containers: string[] = [];
  for (let index = 0; index < TOGETHER; index++) containers.push((await create(session, ['/bin/true'])).id);
  const life = async (container: string): Promise<void> => {
    for (let round = 0; round < ROUNDS; round++) {
      await session.call('container/start', { container });
      await session.call('container/wait', { container });
    }
  };
  const took = await timed(() => Promise.all(containers.map(life)));
  for (const container of containers) await session.call('container/remove', { container, force: true });
  const perSecond = (TOGETHER * ROUNDS * 1_000_000) / took;
  printTable(`${String(TOGETHER)} containers started over and over`, ['value'], [{ name: 'start → exit, a second', cells: [perSecond.toFixed(0)] }]);
}

async function reportMany(session: Session, helper: TestHelper, scratch: string): Promise<void> {
  const others = new Set(monitorPids());
  const started = await timed(async () => {
    for (let index = 0; index < RUNNING; index++) {
      const { id } = await create(session, ['/bin/sleep', '3600']);
      await session.call('container/start', { container: id });
    }
  });
  const lists = await repeat(ROUNDS, () => timed(() => session.call('container/list', {})));
  const monitors = monitorPids().filter((pid) => !others.has(pid));
  const pss = monitors.map((pid) => memoryOf(pid, 'Pss'));
  const conmon = await Conmon.start(scratch);
  const rivals = conmon === null ? [] : [{ name: 'Pss of a conmon', cells: [`${String(memoryOf(conmon.pid, 'Pss'))} KB`] }];
  conmon?.end();
  const before = cpuOf(helper.process.pid ?? 0);
  await delay(IDLE_SECONDS * 1000);
  const idle = cpuOf(helper.process.pid ?? 0) - before;
  const removed = await timed(async () => {
    for (const { id } of (await session.call('container/list', {})).containers) await session.call('container/remove', { container: id, force: true });
  });
  printTable(
    `${String(RUNNING)} running containers`,
    ['value'],
    [
      { name: 'create + start, one after another, each', cells: [milliseconds(started / RUNNING)] },
      { name: 'container/list, median', cells: [milliseconds(median(lists))] },
      { name: `monitors found; Pss of one, median`, cells: [`${String(monitors.length)}; ${String(median(pss))} KB`] },
      ...rivals,
      { name: `helper's processor time over ${String(IDLE_SECONDS)} idle seconds`, cells: [milliseconds(idle)] },
      { name: "helper's resident memory", cells: [`${String(Math.round(memoryOf(helper.process.pid ?? 0, 'Rss') / 1024))} MB`] },
      { name: 'remove --force, each', cells: [milliseconds(removed / RUNNING)] },
    ],
  );
}

/** Of all helpers that there are: the monitors are bulkhead-init processes. */
function monitorPids(): number[] {
  const output = spawnSync('pgrep', ['-x', 'bulkhead-init'], { encoding: 'utf8' }).stdout;
  return output
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0);
}

function memoryOf(pid: number, field: 'Pss' | 'Rss'): number {
  const rollup = fs.readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? Number.NaN);
}

const TICK_US = 1_000_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
function cpuOf(pid: number): number {
  const fields =
    fs
      .readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}
