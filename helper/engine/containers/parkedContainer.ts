// One container that stands ready: everything is made, and its process waits for the word to go. Hears when it is gone without one.
import { within } from '../deadline.js';
import { KernelError, type Launched, type ParkedLaunch } from '../../kernel/kernel.js';
import { MonitorChannel } from '../monitor/monitorChannel.js';
import type { ContainerRecord } from './container.js';

/** As long as a launch may take. */
const RELEASE_MS = 15_000;

export class ParkedContainer {
  private readonly monitor: MonitorChannel;
  private isGone = false;
  /** The release waits for it: whether the monitor serves, or is gone. */
  private heard: ((isServing: boolean) => void) | null = null;

  /** `record`: what it was launched as. `gone` is called when it ends by itself. */
  constructor(
    private readonly launch: ParkedLaunch,
    private readonly record: ContainerRecord,
    runFolder: string,
    private readonly gone: () => void,
  ) {
    // The connection waits to be accepted until the process has been executed: then the monitor begins to serve.
    this.monitor = new MonitorChannel(runFolder, 'monitor', 'exit', {
      running: () => this.hear(true),
      exited: () => this.hear(true),
      lost: () => this.hear(false),
    });
  }

  /** Whether a launch of `record` would make the same: records are replaced as a whole, so what is another object may say something else. */
  isOf({ spec, plan, image }: ContainerRecord): boolean {
    return spec === this.record.spec && plan === this.record.plan && image === this.record.image;
  }

  /** Resolves once its process has been executed; null: it has not, and is to be discarded. */
  async release(): Promise<Launched | null> {
    if (this.isGone) return null;
    try {
      this.launch.release();
      const serves = await this.answer();
      return serves ? this.launch.outcome() : null;
    } catch (error) {
      if (error instanceof KernelError) return null;
      throw error;
    } finally {
      this.monitor.close();
    }
  }

  /** Resolves once nothing runs of it. */
  async discard(): Promise<void> {
    this.monitor.close();
    await this.launch.discard();
  }

  private async answer(): Promise<boolean> {
    let serves = false;
    const answered = (signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        this.heard = (isServing) => {
          serves = isServing;
          resolve();
        };
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    await within(RELEASE_MS, answered);
    return serves;
  }

  private hear(isServing: boolean): void {
    this.isGone ||= !isServing;
    if (this.heard !== null) this.heard(isServing);
    else if (!isServing) this.gone();
  }
}
