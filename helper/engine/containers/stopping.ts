// Ending, freezing and thawing a container by somebody's wish.
import { Failure, errnoName, wrongState } from '../failure.js';
import { within } from '../deadline.js';
import { signalNumber, tryParseSignal } from '../signals.js';
import { Trace } from '../trace.js';
import type { Container } from './container.js';
import { cgroupOf, inTurn, note, type ContainerContext } from './context.js';
import type { Lifecycle } from './lifecycle.js';
import { canPause, canUnpause, isLive, type LiveState } from './state.js';

/** How long the kernel may take to end what has been sent SIGKILL. */
const KILL_DEADLINE_MS = 20_000;
const SIGKILL = 9;
const SIGTERM = 15;

export class Stopping {
  constructor(
    private readonly context: ContainerContext,
    private readonly lifecycle: Lifecycle,
  ) {}

  /** Sends the stop signal, then SIGKILL to all of it; resolves once it has exited. One that does not run stays as it is. */
  async stop(container: Container, timeoutMs: number): Promise<void> {
    const trace = new Trace();
    const signalled = await inTurn(container, () => this.beginStop(container, trace));
    if (!signalled) return;
    if (!(await within(timeoutMs, (signal) => container.until(hasEnded, signal)))) await this.killAll(container, trace);
    note(this.context, container, 'stop', trace.steps);
    await this.context.persistence.trySave(container);
  }

  /** SIGKILL to everything in it; resolves once it has exited. */
  async killAll(container: Container, trace: Trace): Promise<void> {
    const cgroup = cgroupOf(this.context, container.id);
    await trace.step('cgroup.kill', cgroup, () => this.context.kernel.cgroupKill(cgroup));
    if (await within(KILL_DEADLINE_MS, (signal) => container.until(hasEnded, signal))) return;
    throw new Failure('KERNEL', { object: container.record.name, reason: 'it did not end after SIGKILL' });
  }

  kill(container: Container, signal: string | number): Promise<void> {
    const number = signalNumber(signal);
    return inTurn(container, async () => {
      if (this.endsRestarting(container, number)) return;
      const { state } = container;
      if (!isLive(state)) throw wrongState(container.record.name, 'it is not running');
      const trace = new Trace();
      // Who kills it does not want it to come back.
      if (this.isFinal(container, number)) container.change({ stoppedByHand: true });
      await this.signal(state, number, trace);
      await this.thaw(container, trace);
      note(this.context, container, 'kill', trace.steps);
      await this.context.persistence.trySave(container);
    });
  }

  pause(container: Container): Promise<void> {
    return this.freeze(container, true);
  }

  unpause(container: Container): Promise<void> {
    return this.freeze(container, false);
  }

  private async beginStop(container: Container, trace: Trace): Promise<boolean> {
    this.lifecycle.cancelRestart(container);
    const { state } = container;
    container.change({ stoppedByHand: true });
    if (!isLive(state)) {
      await this.context.persistence.trySave(container);
      return false;
    }
    const wasPaused = state.status === 'paused';
    container.change({ state: { ...state, status: 'stopping' } });
    await this.signal(state, this.stopSignal(container), trace);
    if (wasPaused) await this.setFrozen(container.id, false, trace);
    return true;
  }

  private async freeze(container: Container, frozen: boolean): Promise<void> {
    await inTurn(container, async () => {
      const possible = frozen ? canPause : canUnpause;
      const { state } = container;
      if (!possible(state) || !isLive(state)) throw wrongState(container.record.name, `it is ${state.status}`);
      const trace = new Trace();
      await this.setFrozen(container.id, frozen, trace);
      note(this.context, container, frozen ? 'pause' : 'unpause', trace.steps);
      if (!possible(container.state)) throw wrongState(container.record.name, `it is ${container.state.status}`);
      container.change({ state: { ...state, status: frozen ? 'paused' : 'running' } });
      await this.context.persistence.trySave(container);
    });
  }

  /** A frozen process hears no signal. */
  private async thaw(container: Container, trace: Trace): Promise<void> {
    const { state } = container;
    if (state.status !== 'paused') return;
    await this.setFrozen(container.id, false, trace);
    if (container.state === state) container.change({ state: { ...state, status: 'running' } });
  }

  private setFrozen(id: string, frozen: boolean, trace: Trace): Promise<void> {
    const cgroup = cgroupOf(this.context, id);
    return trace.step('cgroup.freeze', `${cgroup} ${frozen ? '1' : '0'}`, () => this.context.kernel.cgroupFreeze(cgroup, frozen));
  }

  /** Somebody who has just gone by himself needs no signal. */
  private async signal({ process }: LiveState, number: number, trace: Trace): Promise<void> {
    const send = () => this.context.kernel.signalProcess(process.pid, process.startTimeTicks, number);
    await trace.step('pidfd_send_signal', `pid ${process.pid} signal ${number}`, send).catch((error: unknown) => {
      if (errnoName(error) !== 'ESRCH') throw error;
    });
  }

  private endsRestarting(container: Container, number: number): boolean {
    if (container.state.status !== 'restarting' || !this.isFinal(container, number)) return false;
    container.change({ stoppedByHand: true });
    this.lifecycle.cancelRestart(container);
    return true;
  }

  private isFinal(container: Container, number: number): boolean {
    return number === SIGKILL || number === this.stopSignal(container);
  }

  private stopSignal(container: Container): number {
    const { spec, image } = container.record;
    if (spec.stopSignal !== undefined) return signalNumber(spec.stopSignal);
    return tryParseSignal(image.defaults.stopSignal ?? '') ?? SIGTERM;
  }
}

function hasEnded(container: Container): boolean {
  return container.removed || !isLive(container.state);
}
