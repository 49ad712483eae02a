// One container in memory: its record, who is told when it changes, and the one writer's turn. It decides nothing.
import type { ContainerSpec } from '../../../protocol/containers.js';
import type { ImageDefaults } from '../../../protocol/images.js';
import type { Caller } from '../caller.js';
import { Mutex } from '../mutex.js';
import type { LaunchPlan } from '../planner.js';
import type { MonitorChannel } from '../monitor/monitorChannel.js';
import type { ContainerState } from './state.js';

export interface ContainerImage {
  readonly reference: string;
  readonly id: string;
  /** Lowest first; each a layer of the store. */
  readonly chainIds: readonly string[];
  readonly defaults: ImageDefaults;
}

/** All that is known of a container. Replaced as a whole, never changed in place. */
export interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  /** Who made it; binds are opened with these rights. */
  readonly owner: Caller;
  readonly createdMs: number;
  readonly image: ContainerImage;
  readonly spec: ContainerSpec;
  /** The launch plan; its config is on disk. */
  readonly plan: Omit<LaunchPlan, 'config'>;
  /** What its main process is, for a list. */
  readonly command: string;
  readonly state: ContainerState;
  readonly bootId: string;
  readonly stoppedByHand: boolean;
  readonly restartCount: number;
}

type Listener = (container: Container) => void;

export class Container {
  /** The turn of whoever changes this container. */
  readonly turn = new Mutex();
  monitor: MonitorChannel | null = null;
  restartTimer: NodeJS.Timeout | null = null;
  /** Automatic starts in a row, for the back-off. */
  attempt = 0;
  removed = false;
  /** How many wait to start it again once it has exited. */
  restarting = 0;
  readonly specBytes: number;
  private current: ContainerRecord;
  private readonly listeners = new Set<Listener>();

  constructor(record: ContainerRecord) {
    this.current = record;
    this.specBytes = Buffer.byteLength(JSON.stringify(record.spec));
  }

  get record(): ContainerRecord {
    return this.current;
  }

  get id(): string {
    return this.current.id;
  }

  get state(): ContainerState {
    return this.current.state;
  }

  change(patch: Partial<ContainerRecord>): void {
    this.current = { ...this.current, ...patch };
    this.tell();
  }

  /** `listener` is called after each change and at the removal, until the returned function is called. */
  watch(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  markRemoved(): void {
    this.removed = true;
    this.tell();
  }

  /** Resolves once `condition` holds; rejects with `signal`'s reason. */
  until(condition: (container: Container) => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(reasonOf(signal));
      if (condition(this)) return resolve();
      const onAbort = () => finish(() => reject(reasonOf(signal)));
      const stopWatching = this.watch(() => {
        if (condition(this)) finish(resolve);
      });
      const finish = (settle: () => void) => {
        stopWatching();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener(this);
  }
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}
