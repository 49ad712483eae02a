// Keeping a container's files as they are while somebody reads them: it is neither started nor removed meanwhile, and if it runs, frozen.
import { logFailure } from '../log.js';
import { Trace } from '../trace.js';
import type { Container } from './container.js';
import { cgroupOf, inTurn, note, type ContainerContext } from './context.js';
import { isLive } from './state.js';

export class Still {
  constructor(private readonly context: ContainerContext) {}

  /**
   * Runs `work` on the container's upper directory, in the container's turn: who wants to stop or remove it waits. `freeze` false: its
   * processes go on. A freeze of its own is no pause: should the helper die, the next one thaws it.
   */
  withUpper<T>(container: Container, operation: string, freeze: boolean, work: (upper: string) => Promise<T>): Promise<T> {
    return inTurn(container, async () => {
      const { upper } = this.context.paths.container(container.id);
      if (!freeze || container.state.status !== 'running') return work(upper);
      const trace = new Trace();
      await this.setFrozen(container, true, trace).catch((error: unknown) => {
        // It has just ended by itself.
        if (isLive(container.state)) throw error;
      });
      try {
        return await work(upper);
      } finally {
        await this.setFrozen(container, false, trace).catch(logFailure(this.context.log, 'a container could not be thawed', { container: container.id }));
        note(this.context, container, operation, trace.steps);
      }
    });
  }

  private setFrozen({ id }: Container, frozen: boolean, trace: Trace): Promise<void> {
    const cgroup = cgroupOf(this.context, id);
    return trace.step('cgroup.freeze', `${cgroup} ${frozen ? '1' : '0'}`, () => this.context.kernel.cgroupFreeze(cgroup, frozen));
  }
}
