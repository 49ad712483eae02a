// Containers that stand ready before they are started: what was created is launched at once as far as that goes without executing
// anything of it, so that its start is a word to a process that waits.
//
//   created ──delay──▶ being parked ──▶ parked ──start──▶ running
//      ▲  (places, busy)    │              │
//      └──── discarded ◀────┴── removed, changed, gone, too long, shutdown
//
// Safe because nothing is decided here: a start is asked of the policy anew, against the record as it is then, and what was parked
// for another record is discarded. Nobody but root reaches the process that waits, and it dies with this helper: its word comes over a
// descriptor that nobody else holds (native/src/core/plan/parked_launch.h). What it costs is bounded by places, of which one uid never
// has all, and by time. All in the container's turn.
import { rm } from 'node:fs/promises';
import type { Launched } from '../../kernel/kernel.js';
import { logFailure } from '../log.js';
import type { Container, ContainerRecord } from './container.js';
import { cgroupOf, note, type ContainerContext } from './context.js';
import { ParkedContainer } from './parkedContainer.js';

export interface ParkingOptions {
  /** 0: none is parked. */
  readonly places: number;
  /** From the creation on. */
  readonly delayMs: number;
  readonly lifeMs: number;
}

interface Place {
  readonly container: Container;
  /** Null: it is being parked. */
  parked: ParkedContainer | null;
  expiry: NodeJS.Timeout | null;
}

export class Parking {
  private readonly places = new Map<string, Place>();
  private isClosed = false;

  constructor(
    private readonly context: Omit<ContainerContext, 'parking'>,
    private readonly options: ParkingOptions,
  ) {}

  /** To be called for one that has just been created. */
  offer(container: Container): void {
    if (this.options.places === 0 || !canBeParked(container.record)) return;
    setTimeout(() => void container.turn.run(() => this.park(container)).catch(this.background(container)), this.options.delayMs).unref();
  }

  /** In its turn: lets go what is parked of it, after asking whether it may be launched. Null: it is to be launched. Throws as a launch does. */
  async release(container: Container): Promise<Launched | null> {
    const place = this.places.get(container.id);
    if (place === undefined) return null;
    const launched = await this.tryRelease(container, place).catch(async (error: unknown) => {
      await this.discard(container);
      throw error;
    });
    if (launched === null) await this.discard(container);
    else this.free(place);
    return launched;
  }

  /** In its turn: nothing of it stands ready afterwards. */
  async discard(container: Container): Promise<void> {
    const place = this.places.get(container.id);
    if (place === undefined) return;
    await place.parked?.discard().catch(this.background(container));
    await this.clear(container);
    this.free(place);
  }

  /** None stands ready any more, and none will. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.places.values()].map(({ container }) => container.turn.run(() => this.discard(container))));
  }

  private async tryRelease({ record }: Container, { parked }: Place): Promise<Launched | null> {
    if (parked === null || !parked.isOf(record)) return null;
    await this.context.launcher.admit(record, record.owner);
    return parked.release();
  }

  /** In its turn. */
  private async park(container: Container): Promise<void> {
    const { record } = container;
    if (container.removed || record.state.status !== 'created' || this.places.has(record.id)) return;
    // A preparation takes processor time from nobody's start.
    if (this.isClosed || !this.context.launcher.isIdle || !this.hasPlace(record.owner.uid)) return;
    const place: Place = { container, parked: null, expiry: null };
    this.places.set(record.id, place);
    try {
      const launch = await this.context.launcher.park(record, record.owner);
      const { run } = this.context.paths.container(record.id);
      place.parked = new ParkedContainer(launch, record, run, () => this.end(place));
      place.expiry = setTimeout(() => this.end(place), this.options.lifeMs);
      note(this.context, container, 'prepare', launch.steps);
    } catch {
      // Whatever it was: the start will say so, to whom it concerns.
      await this.discard(container);
    }
  }

  /** The last place is for others than who has all the rest. */
  private hasPlace(uid: number): boolean {
    const owners = [...this.places.values()].map(({ container }) => container.record.owner.uid);
    const share = Math.max(1, this.options.places - 1);
    return owners.length < this.options.places && owners.filter((owner) => owner === uid).length < share;
  }

  private end(place: Place): void {
    const { container } = place;
    const work = () => (this.places.get(container.id) === place ? this.discard(container) : Promise.resolve());
    void container.turn.run(work).catch(this.background(container));
  }

  private free(place: Place): void {
    if (place.expiry !== null) clearTimeout(place.expiry);
    this.places.delete(place.container.id);
  }

  /** What its monitor, if it was killed, could not undo. */
  private async clear(container: Container): Promise<void> {
    await this.context.kernel.cgroupRemove(cgroupOf(this.context, container.id)).catch(this.background(container));
    await rm(this.context.paths.container(container.id).run, { recursive: true, force: true });
  }

  private background(container: Container): (error: unknown) => void {
    return logFailure(this.context.log, 'a container that stood ready could not be ended', { container: container.id });
  }
}

/**
 * Binds are opened when a container starts, with the rights that its owner has then: what they lead to may be another directory by then. And
 * what an administrator has given power over the host does not wait with it.
 */
function canBeParked({ plan, spec }: ContainerRecord): boolean {
  return plan.binds.length === 0 && spec.admin === undefined;
}
