// Signals by name or number.
import { constants } from 'node:os';
import { Failure } from './failure.js';

const REAL_TIME_MIN = 34;
const REAL_TIME_MAX = 64;

/** `SIGTERM`, `TERM`, `15`, `RTMIN+3`: the number. Throws INVALID_PARAMS. */
export function signalNumber(signal: string | number): number {
  const number = typeof signal === 'number' ? signal : tryParseSignal(signal);
  if (number === null || number < 1 || number > REAL_TIME_MAX) {
    throw new Failure('INVALID_PARAMS', { field: 'signal', reason: 'is not a signal of Linux', object: String(signal) });
  }
  return number;
}

/** Null: there is no such signal. */
export function tryParseSignal(text: string): number | null {
  const name = text.replace(/^SIG/, '');
  const number = /^\d{1,2}$/.test(name) ? Number(name) : (realTime(name) ?? byName(name));
  return number !== null && number >= 1 && number <= REAL_TIME_MAX ? number : null;
}

function byName(name: string): number | null {
  const known: Readonly<Record<string, number>> = constants.signals;
  return known[`SIG${name}`] ?? null;
}

function realTime(name: string): number | null {
  const match = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (match === null) return null;
  const base = match[1] === 'MIN' ? REAL_TIME_MIN : REAL_TIME_MAX;
  const offset = Number(match[3] ?? 0) * (match[2] === '-' ? -1 : 1);
  const number = base + offset;
  return number >= REAL_TIME_MIN ? number : null;
}
