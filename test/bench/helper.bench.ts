// The helper, from a client's call on: start, exec, a list of 200, what a monitor weighs, and what the idle helper uses.
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../../extension/client/session.js';
import { AttachedStream } from '../../extension/client/attachedStream.js';
import { openStream } from '../../extension/client/streamConnection.js';
import { ensureImage } from '../../tools/client/images.js';
import { startHelper, type TestHelper } from '../support/helper.js';
import { inRepository } from '../support/repository.js';
import { median, milliseconds, percentile, printTable, type Row } from './support/statistics.js';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 40);
const RUNNING = Number(process.env['BENCH_CONTAINERS'] ?? 200);
const IDLE_SECONDS = 10;
const IMAGE = 'bulkhead/busybox:latest';

void main();

async function main(): Promise<void> {
  const helper = await startHelper();
  const session = await helper.connect();
  try {
    await ensureImage(helper.socketPath, inRepository('dist/image/busybox.tar'), IMAGE);
    await reportStart(session);
    await reportExec(session, helper);
    await reportMany(session, helper);
  } finally {
    session.dispose();
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

async function reportStart(session: Session): Promise<void> {
  const { id: container } = await create(session, ['/bin/true']);
  const kernel: number[] = [];
  const toExit: number[] = [];
  const starts = await repeat(ROUNDS, async () => {
    const began = process.hrtime.bigint();
    const start = await timed(() => session.call('container/start', { container }));
    await session.call('container/wait', { container });
    toExit.push(Number(process.hrtime.bigint() - began) / 1000);
    const { ledger } = await session.call('container/inspect', { container });
    kernel.push(ledger.filter(({ operation }) => operation.includes('start')).at(-1)?.durationUs ?? Number.NaN);
    return start;
  });
  const pings = await repeat(ROUNDS, () => timed(() => session.call('system/ping', {})));
  printTable(`start of \`true\` through the helper (n = ${String(ROUNDS)})`, COLUMNS, [
    row('container/start, call → answer', starts),
    row('… of which launch → execve', kernel.slice(5)),
    row('start → exit seen by the client', toExit.slice(5)),
    row('system/ping', pings),
  ]);
  await session.call('container/remove', { container, force: true });
}

async function reportExec(session: Session, { socketPath }: TestHelper): Promise<void> {
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
}

async function reportMany(session: Session, helper: TestHelper): Promise<void> {
  const started = await timed(async () => {
    for (let index = 0; index < RUNNING; index++) {
      const { id } = await create(session, ['/bin/sleep', '3600']);
      await session.call('container/start', { container: id });
    }
  });
  const lists = await repeat(ROUNDS, () => timed(() => session.call('container/list', {})));
  const monitors = monitorPids(helper.process.pid ?? 0);
  const pss = monitors.map((pid) => memoryOf(pid, 'Pss'));
  const rivals = rivalMonitors();
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

/** The monitors are bulkhead-init processes: those whose containers the helper of this run started. */
function monitorPids(helper: number): number[] {
  const output = spawnSync('pgrep', ['-x', 'bulkhead-init'], { encoding: 'utf8' }).stdout;
  return output
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== helper);
}

/** conmon's, where one runs on this machine. */
function rivalMonitors(): Row[] {
  const pids = spawnSync('pgrep', ['-x', 'conmon'], { encoding: 'utf8' })
    .stdout.split('\n')
    .map(Number)
    .filter((pid) => pid > 0);
  return pids.length === 0 ? [] : [{ name: 'conmon, Pss of one, median', cells: [`${String(median(pids.map((pid) => memoryOf(pid, 'Pss'))))} KB`] }];
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
