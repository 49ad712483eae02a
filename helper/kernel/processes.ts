// Processes as /proc shows them (proc(5)). Whatever ends while it is read is left out.
import fs from 'node:fs/promises';
import type { ProcessRecord } from './kernel.js';

/** USER_HZ: what the kernel shows to user space, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
const US_PER_TICK = 1_000_000 / TICKS_PER_SECOND;
const MS_PER_TICK = 1_000 / TICKS_PER_SECOND;

export async function readProcesses(pids: readonly number[]): Promise<readonly ProcessRecord[]> {
  const bootMs = await bootTimeMs();
  const records = await Promise.all(pids.map((pid) => readProcess(pid, bootMs)));
  return records.filter((record) => record !== undefined);
}

async function bootTimeMs(): Promise<number> {
  const [, seconds] = /^btime (\d+)/m.exec(await fs.readFile('/proc/stat', 'utf8')) ?? [];
  return Number(seconds) * 1000;
}

async function readProcess(pid: number, bootMs: number): Promise<ProcessRecord | undefined> {
  try {
    const read = (name: string): Promise<string> => fs.readFile(`/proc/${pid}/${name}`, 'utf8');
    const [stat, status, commandLine] = await Promise.all([read('stat'), read('status'), read('cmdline')]);
    return parseProcess({ pid, stat, status, commandLine, bootMs });
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

export interface ProcessFiles {
  readonly pid: number;
  readonly stat: string;
  readonly status: string;
  readonly commandLine: string;
  readonly bootMs: number;
}

export function parseProcess(files: ProcessFiles): ProcessRecord {
  // The name, in parentheses, may hold spaces and parentheses: what follows the last one is fields.
  const nameEnd = files.stat.lastIndexOf(')');
  const name = files.stat.slice(files.stat.indexOf('(') + 1, nameEnd);
  const fields = files.stat.slice(nameEnd + 2).split(' ');
  // proc(5) counts from 1, and `state`, the first here, is number 3.
  const field = (number: number): number => Number(fields[number - 3]);
  const argumentList = files.commandLine.split('\0').join(' ').trim();
  return {
    pid: files.pid,
    containerPid: Number(statusField(files.status, 'NSpid').split('\t').at(-1)),
    parentPid: field(4),
    uid: Number(statusField(files.status, 'Uid').split('\t')[0]),
    state: fields[0] ?? '',
    cpuUs: (field(14) + field(15)) * US_PER_TICK,
    residentBytes: Number.parseInt(statusField(files.status, 'VmRSS') || '0', 10) * 1024,
    startedMs: files.bootMs + field(22) * MS_PER_TICK,
    command: argumentList === '' ? `[${name}]` : argumentList,
  };
}

function statusField(status: string, name: string): string {
  const [, value] = new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status) ?? [];
  return value ?? '';
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}
