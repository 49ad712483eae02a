// How far a log has been shown, so that another stream of it can go on there. Knows no `vscode`.
import type { LogRecord } from '../client/logRecords.js';

/** What of a record's time the helper compares: `YYYY-MM-DDTHH:MM:SS.mmm`. */
const MILLISECONDS_LENGTH = 23;

export class LogPosition {
  private firstTime = '';
  private lastTime = '';
  /** Records of one write have one time: how many of `lastTime` were shown. */
  private atLastTime = 0;
  /** Of what the next stream repeats: up to this time, and so many records of it. */
  private repeated: { readonly time: string; left: number } | undefined;

  /** `openedMs`: where a log that had nothing to show yet goes on. */
  constructor(private readonly openedMs: number) {}

  /** The `sinceMs` of the next stream; what that repeats is left out by {@link isNew}. */
  resume(): number {
    if (this.lastTime === '') return this.openedMs;
    // Where the first stream began in the middle of a write, the beginning of that counts as shown, too.
    this.repeated = { time: this.lastTime, left: this.lastTime === this.firstTime ? Infinity : this.atLastTime };
    return Date.parse(`${this.lastTime.slice(0, MILLISECONDS_LENGTH)}Z`);
  }

  /** Whether a record was not shown yet. Asked once for each, in their order. */
  isNew({ time }: Pick<LogRecord, 'time'>): boolean {
    if (this.isRepeated(time)) return false;
    this.atLastTime = time === this.lastTime ? this.atLastTime + 1 : 1;
    this.lastTime = time;
    if (this.firstTime === '') this.firstTime = time;
    return true;
  }

  /** Once all of it has come by, older times count as new: a clock may be set back. */
  private isRepeated(time: string): boolean {
    const { repeated } = this;
    if (repeated === undefined) return false;
    if (time < repeated.time) return true;
    if (time === repeated.time && repeated.left > 0) {
      repeated.left -= 1;
      if (repeated.left === 0) this.repeated = undefined;
      return true;
    }
    this.repeated = undefined;
    return false;
  }
}
