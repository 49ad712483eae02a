// Looking at containers: usage, processes, how they end, all that is known.
import type { CgroupStats, ProcessRecord } from '../../kernel/kernel.js';
import { cancelled, notFound, wrongState } from '../failure.js';
import type { RuntimeConfig } from '../planner.js';
import type { Container, ContainerRecord } from './container.js';
import { cgroupOf, type ContainerContext } from './context.js';
import type { LedgerEntry } from './ledger.js';
import { isActive, isLive, type ExitStatus } from './state.js';

/** What a container uses at one moment, as the kernel counts it. */
export type Usage = CgroupStats;

export interface ContainerDetails {
  readonly record: ContainerRecord;
  readonly config: RuntimeConfig;
  readonly cgroupPath: string;
  readonly logPath: string;
  readonly ledger: readonly LedgerEntry[];
}

export class Observing {
  constructor(private readonly context: ContainerContext) {}

  async inspect(container: Container): Promise<ContainerDetails> {
    const { decoded: config } = await this.context.store.readConfig(container.id);
    const ledger = await this.context.persistence.ledgerOf(container).read();
    const { log } = this.context.paths.container(container.id);
    return { record: container.record, config, cgroupPath: cgroupOf(this.context, container.id), logPath: log, ledger };
  }

  /** Usage now, and when that was. Throws WRONG_STATE when it does not run. */
  stats(container: Container): Usage {
    this.mustRun(container);
    return this.context.kernel.cgroupStats(cgroupOf(this.context, container.id));
  }

  /** Its processes, from the host's /proc. Throws WRONG_STATE when it does not run. */
  async top(container: Container): Promise<readonly ProcessRecord[]> {
    this.mustRun(container);
    const pids = this.context.kernel.cgroupProcesses(cgroupOf(this.context, container.id));
    return this.context.kernel.processes(pids);
  }

  /** Resolves once nothing of it goes on any more. Throws WRONG_STATE when it never ran, NOT_FOUND when it is removed, CANCELLED. */
  async wait(container: Container, signal: AbortSignal): Promise<ExitStatus> {
    let { state } = container;
    // A container that removes itself has exited first: what counts is what it was before.
    const ended = container.until((changed) => {
      if (!changed.removed) state = changed.state;
      return changed.removed || !isActive(changed.state);
    }, signal);
    await ended.catch((error: unknown) => {
      throw signal.aborted ? cancelled(container.record.name) : error;
    });
    if (state.status === 'exited') return state.exit;
    if (container.removed) throw notFound(container.record.name);
    throw wrongState(container.record.name, state.status === 'failed' ? 'its start has failed' : 'it has not been started');
  }

  private mustRun(container: Container): void {
    if (!isLive(container.state)) throw wrongState(container.record.name, `it is ${container.state.status}`);
  }
}
