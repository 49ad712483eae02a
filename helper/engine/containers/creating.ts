// Making a container: everything is checked before anything is made, and it is there as a whole or not at all.
import { randomBytes } from 'node:crypto';
import type { ContainerSpec } from '../../../protocol/containers.js';
import type { Caller } from '../caller.js';
import { withoutSpace } from '../failure.js';
import type { Image } from '../images/image.js';
import type { LaunchPlan } from '../planner.js';
import { signalNumber } from '../signals.js';
import { Container, type ContainerRecord } from './container.js';
import { cgroupOf, type ContainerContext } from './context.js';
import { toDisk } from './diskRecord.js';
import { mainCommand } from './mainCommand.js';
import { inventName } from './names.js';

/** An image that somebody is about to use: its layers stay until `release`. */
export interface HeldImage {
  readonly image: Image;
  release(): void;
}

export class Creating {
  constructor(
    private readonly context: ContainerContext,
    private readonly holdImage: (caller: Caller, reference: string) => HeldImage,
    private readonly admit: (container: Container) => void,
  ) {}

  /** Throws NOT_FOUND (image), CONFLICT (name), DENIED, LIMIT, INVALID_PARAMS, KERNEL (a bind that the caller can't open), NO_SPACE. */
  async create(caller: Caller, spec: ContainerSpec): Promise<Container> {
    const { registry, planner } = this.context;
    planner.admitContainer(caller, { count: registry.countOf(caller.uid), specBytes: registry.specBytesOf(caller.uid) }, spec);
    const held = this.holdImage(caller, spec.image);
    const name = spec.name ?? inventName((candidate) => registry.isTaken(caller.uid, candidate));
    try {
      const unreserve = registry.reserve(caller.uid, name);
      try {
        return await this.make(caller, spec, name, held.image);
      } finally {
        unreserve();
      }
    } finally {
      held.release();
    }
  }

  private async make(caller: Caller, spec: ContainerSpec, name: string, image: Image): Promise<Container> {
    if (spec.stopSignal !== undefined) signalNumber(spec.stopSignal);
    const id = randomBytes(32).toString('hex');
    const request = { caller, id, spec, image: image.content.defaults, cgroupPath: cgroupOf(this.context, id) };
    const plan = await this.context.planner.plan(request);
    await this.context.launcher.check(caller, plan.binds);
    const container = new Container(this.recordOf(caller, id, name, spec, image, plan));
    await this.store(container, plan);
    this.admit(container);
    this.context.parking.offer(container);
    return container;
  }

  private recordOf(caller: Caller, id: string, name: string, spec: ContainerSpec, image: Image, plan: LaunchPlan): ContainerRecord {
    const { content } = image;
    return {
      id,
      name,
      owner: { uid: caller.uid, gid: caller.gid, groups: caller.groups, role: caller.role },
      createdMs: Date.now(),
      image: { reference: spec.image, id: content.id, chainIds: content.layers.map(({ chainId }) => chainId), defaults: content.defaults },
      spec,
      plan: { binds: plan.binds, user: plan.user, idMapped: plan.idMapped, noSuid: plan.noSuid },
      command: mainCommand(spec, content.defaults),
      state: { status: 'created' },
      bootId: this.context.bootId,
      stoppedByHand: false,
      restartCount: 0,
    };
  }

  private async store(container: Container, plan: LaunchPlan): Promise<void> {
    try {
      await this.context.store.create(toDisk(container.record), JSON.stringify(plan.config));
    } catch (error) {
      throw withoutSpace(error);
    }
  }
}
