// Measures the kernel steps of an operation that the kernel interface does not measure itself, for the ledger.
import { performance } from 'node:perf_hooks';
import { KernelError, type StepRecord } from '../kernel/kernel.js';

export class Trace {
  readonly steps: StepRecord[] = [];
  private readonly startedMs = performance.now();

  /** Runs one step; it is noted whether it succeeds or not. */
  async step<T>(step: string, object: string, work: () => Promise<T> | T): Promise<T> {
    const startUs = this.nowUs();
    try {
      const result = await work();
      this.note(step, object, startUs, 0);
      return result;
    } catch (error) {
      this.note(step, object, startUs, error instanceof KernelError ? error.errno : -1);
      throw error;
    }
  }

  private note(step: string, object: string, startUs: number, errno: number): void {
    this.steps.push({ step, object, startUs, durationUs: this.nowUs() - startUs, errno });
  }

  private nowUs(): number {
    return Math.round((performance.now() - this.startedMs) * 1000);
  }
}
