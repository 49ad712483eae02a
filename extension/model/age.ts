// Times and sizes as a number and a unit; the words are made in ui/format.ts.

export interface Age {
  readonly value: number;
  readonly unit: 'now' | 'second' | 'minute' | 'hour' | 'day';
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The time between, in its largest whole unit. Below 5 s, or if the clocks differ so that it is negative: `now`. */
export function ageOf(thenMs: number, nowMs: number): Age {
  const seconds = Math.floor((nowMs - thenMs) / 1000);
  if (seconds < 5) return { value: 0, unit: 'now' };
  if (seconds < MINUTE) return { value: Math.floor(seconds / 5) * 5, unit: 'second' };
  if (seconds < HOUR) return { value: Math.floor(seconds / MINUTE), unit: 'minute' };
  return seconds < DAY ? { value: Math.floor(seconds / HOUR), unit: 'hour' } : { value: Math.floor(seconds / DAY), unit: 'day' };
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Decimal units, three digits at most: 999 B, 4.2 MB, 117 MB. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[power] ?? 'B'}`;
}

/** Signals that matter to people, by number (Linux, x86-64). */
const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  11: 'SIGSEGV',
  12: 'SIGUSR2',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  31: 'SIGSYS',
};

/** Undefined: none that has a name here. */
export function signalName(signal: number): string | undefined {
  return SIGNALS[signal];
}
