// What the kernel did for a container's last operations. It is written in the background, in order, and not kept in memory.
import type { StepRecord } from '../../kernel/kernel.js';
import type { LedgerLine, LedgerStore } from '../../store/ledgerStore.js';
import { logFailure, type Log } from '../log.js';
import { Mutex } from '../mutex.js';

export interface LedgerEntry {
  readonly operation: string;
  readonly atMs: number;
  /** Until the end of the last step. */
  readonly durationUs: number;
  readonly steps: readonly StepRecord[];
}

export const OPERATIONS_KEPT = 20;
const STEPS_KEPT = 200;

/** One container's ledger. */
export class Ledger {
  private readonly turn = new Mutex();
  /** Lines in the file beyond those kept; unknown (so it is shortened) before the first one of this helper. */
  private surplus = OPERATIONS_KEPT;

  constructor(
    private readonly id: string,
    private readonly store: LedgerStore,
    private readonly log: Log,
  ) {}

  /** Returns at once. */
  note(operation: string, steps: readonly StepRecord[]): void {
    const line = toLine(operation, steps);
    void this.turn.run(() => this.append(line)).catch(logFailure(this.log, 'a container’s ledger could not be written', { container: this.id }));
  }

  /** The last operations, oldest first. */
  read(): Promise<readonly LedgerEntry[]> {
    return this.turn.run(() => this.store.read(this.id, OPERATIONS_KEPT));
  }

  /** Resolves once nothing is being written. */
  idle(): Promise<void> {
    return this.turn.run(() => Promise.resolve());
  }

  private async append(line: LedgerLine): Promise<void> {
    this.store.append(this.id, line);
    this.surplus += 1;
    if (this.surplus <= OPERATIONS_KEPT) return;
    await this.store.shorten(this.id, OPERATIONS_KEPT);
    this.surplus = 0;
  }
}

function toLine(operation: string, steps: readonly StepRecord[]): LedgerLine {
  const left = steps.length - STEPS_KEPT;
  const kept = steps.slice(0, STEPS_KEPT).map(({ step, startUs, durationUs, errno, object }) => ({ step, startUs, durationUs, errno, object }));
  const durationUs = kept.reduce((end, step) => Math.max(end, step.startUs + step.durationUs), 0);
  const more = left <= 0 ? [] : [{ step: '…', startUs: durationUs, durationUs: 0, errno: 0, object: `${left} more steps` }];
  return { operation, atMs: Date.now(), durationUs, steps: [...kept, ...more] };
}
