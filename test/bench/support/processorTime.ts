// The processor time of processes with all that they start, whoever inherits these: by `perf stat`, whose counter is inherited at fork.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Time {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Of the process `pid`, from now on, while `work` is done. */
export async function timeOfProcess(pid: number, scratch: string, work: () => Promise<unknown>): Promise<Time> {
  const report = path.join(scratch, 'perf');
  const perf = spawn('perf', [...statArguments(report), '--pid', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  await attached(perf);
  const begun = performance.now();
  await work();
  const wallMs = performance.now() - begun;
  const exited = once(perf, 'exit');
  perf.kill('SIGINT');
  await exited;
  return { wallMs, cpuMs: taskClock(report) };
}

/** Of a command, which must not fail. */
export async function timeOfCommand(command: readonly string[], scratch: string, env: NodeJS.ProcessEnv = process.env): Promise<Time> {
  const report = path.join(scratch, 'perf');
  const begun = performance.now();
  const child = spawn('perf', [...statArguments(report), '--', ...command], { stdio: ['ignore', 'ignore', 'pipe'], env });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const [code] = (await once(child, 'exit')) as [number];
  const wallMs = performance.now() - begun;
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${said}`);
  return { wallMs, cpuMs: taskClock(report) };
}

const statArguments = (report: string): readonly string[] => ['stat', '--field-separator', ',', '--event', 'task-clock', '--output', report];

function taskClock(report: string): number {
  const line = fs
    .readFileSync(report, 'utf8')
    .split('\n')
    .find((text) => text.includes('task-clock'));
  return Number(line?.split(',')[0] ?? Number.NaN);
}

/** It says nothing when it has begun to count: its counters are to be seen among its descriptors. */
async function attached(perf: ChildProcess): Promise<void> {
  const folder = `/proc/${String(perf.pid)}/fd`;
  const counts = (): boolean => fs.readdirSync(folder).some((fd) => fs.readlinkSync(path.join(folder, fd)).includes('perf_event'));
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      if (counts()) break;
    } catch {
      // A descriptor that has just been closed.
    }
    await delay(10);
  }
  // From the opening of the counters to their being enabled.
  await delay(100);
}
