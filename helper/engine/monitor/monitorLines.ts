// The words of a monitor (docs/architecture.md), parsed. Pure.
import type { ExitStatus, ProcessIdentity } from '../containers/state.js';

export type MonitorLine = { readonly kind: 'running'; readonly process: ProcessIdentity } | { readonly kind: 'exited'; readonly exit: ExitStatus };

/** Null: not a line that this version knows. */
export function parseMonitorLine(line: string): MonitorLine | null {
  const [word, ...rest] = line.trim().split(' ');
  const numbers = rest.map((text) => (/^\d{1,16}$/.test(text) ? Number(text) : NaN));
  if (word === 'running') return running(numbers);
  if (word === 'exited') return exited(numbers);
  return null;
}

/** Splits a stream into lines; throws when one is longer than any monitor writes. */
export class LineSplitter {
  private rest = '';

  push(chunk: string): readonly string[] {
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop() ?? '';
    if (this.rest.length > LONGEST_LINE) throw new Error('a monitor’s line is too long');
    return lines;
  }
}

const LONGEST_LINE = 4096;

function running([pid, startTimeTicks]: readonly number[]): MonitorLine | null {
  if (!isNumber(pid) || !isNumber(startTimeTicks)) return null;
  return { kind: 'running', process: { pid, startTimeTicks } };
}

function exited([code, signal, oomKilled, atMs]: readonly number[]): MonitorLine | null {
  if (!isNumber(code) || !isNumber(signal) || !isNumber(oomKilled) || !isNumber(atMs)) return null;
  const ended = { signal: signal === 0 ? null : signal, code: (signal === 0 ? code : 128 + signal) & 0xff };
  return { kind: 'exited', exit: { ...ended, oomKilled: oomKilled === 1, unknown: null, atMs } };
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}
