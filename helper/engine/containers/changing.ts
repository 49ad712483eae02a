// Changing what a container is called and what it may use.
import type { ContainerSpec, Limits, RestartPolicy } from '../../../protocol/containers.js';
import type { Caller } from '../caller.js';
import { withoutSpace } from '../failure.js';
import { Trace } from '../trace.js';
import { logFailure } from '../log.js';
import type { Container, ContainerRecord } from './container.js';
import { cgroupOf, inTurn, note, type ContainerContext } from './context.js';
import { isLive } from './state.js';

export interface Update {
  readonly limits: Limits;
  readonly restart: RestartPolicy | undefined;
}

export class Changing {
  constructor(private readonly context: ContainerContext) {}

  /** Throws CONFLICT when the owner has another container of that name. */
  rename(container: Container, name: string): Promise<void> {
    return inTurn(container, async () => {
      const { owner, name: from } = container.record;
      if (name === from) return;
      await this.context.parking.discard(container);
      const unreserve = this.context.registry.reserve(owner.uid, name);
      container.change({ name });
      try {
        await this.context.persistence.save(container);
        this.context.registry.renamed(container, from);
      } catch (error) {
        container.change({ name: from });
        throw error;
      } finally {
        unreserve();
      }
    });
  }

  /** Checked first, then kept for the next start, then applied to the running container: as a whole or not at all. */
  update(container: Container, caller: Caller, update: Update): Promise<void> {
    return inTurn(container, async () => {
      await this.context.parking.discard(container);
      const { spec } = container.record;
      const wanted = update.restart === undefined ? spec : { ...spec, restart: update.restart };
      if (Object.keys(update.limits).length > 0) await this.updateLimits(container, caller, wanted, update.limits);
      else if (wanted !== spec) await this.keep(container, { spec: wanted });
    });
  }

  private async updateLimits(container: Container, caller: Caller, wanted: ContainerSpec, update: Limits): Promise<void> {
    const { id, owner, image, spec, plan: planBefore } = container.record;
    const { limits, resources } = await this.context.planner.planUpdate(caller, spec.limits, update);
    const changed = { ...wanted, limits };
    const cgroupPath = cgroupOf(this.context, id);
    const { config, ...plan } = await this.context.planner.plan({ caller: owner, id, spec: changed, image: image.defaults, cgroupPath });
    const { text: before } = await this.context.store.readConfig(id);
    try {
      await this.context.store.saveConfig(id, JSON.stringify(config));
      await this.keep(container, { spec: changed, plan });
      await this.apply(container, cgroupPath, resources);
    } catch (error) {
      await this.context.store.saveConfig(id, before).catch(logFailure(this.context.log, 'limits could not be taken back', { container: id }));
      if (container.record.spec === changed)
        await this.keep(container, { spec, plan: planBefore }).catch(logFailure(this.context.log, 'limits could not be taken back', { container: id }));
      throw withoutSpace(error);
    }
  }

  /** In memory as on disk. */
  private async keep(container: Container, patch: Pick<ContainerRecord, 'spec'> & Partial<Pick<ContainerRecord, 'plan'>>): Promise<void> {
    const { spec, plan } = container.record;
    container.change(patch);
    try {
      await this.context.persistence.save(container);
    } catch (error) {
      container.change({ spec, plan });
      throw error;
    }
  }

  private async apply(container: Container, cgroupPath: string, resources: object): Promise<void> {
    if (!isLive(container.state) || Object.keys(resources).length === 0) return;
    const trace = new Trace();
    try {
      await trace.step('cgroup.update', cgroupPath, () => this.context.kernel.cgroupUpdate(cgroupPath, JSON.stringify(resources)));
    } finally {
      note(this.context, container, 'update', trace.steps);
    }
  }
}
