// The round of a container's life: started, watched, exited, perhaps started again. Who ends it is stopping.ts.
//
//   created ──start──▶ starting ──▶ running ──exit──▶ exited ──start──▶ …
//                          │           ▲  └──exit──▶ restarting ──delay──┘
//                          └──▶ failed └── paused, stopping (stopping.ts)
import { rmSync } from 'node:fs';
import type { Caller } from '../caller.js';
import { withoutSpace, wrongState } from '../failure.js';
import { KernelError, type Launched } from '../../kernel/kernel.js';
import { logFailure } from '../log.js';
import { MonitorChannel } from '../monitor/monitorChannel.js';
import type { Container } from './container.js';
import { cgroupOf, inTurn, note, type ContainerContext } from './context.js';
import { nextRestart, startsAtBoot } from './restartPolicy.js';
import { canStart, isLive, lostExit, type ExitStatus, type ProcessIdentity } from './state.js';

export interface ExitHooks {
  /** A container that wanted it has exited for good; called in its turn. */
  removeInTurn(container: Container): Promise<void>;
}

/** How a launch that failed counts for the restart policy: as a command that could not be run. */
const NOT_EXECUTED = 127;

export class Lifecycle {
  constructor(
    private readonly context: ContainerContext,
    private readonly hooks: ExitHooks,
  ) {}

  /** Starts it by somebody's wish. Resolves once its process has been executed. */
  start(container: Container, caller: Caller): Promise<void> {
    return inTurn(container, async () => {
      if (!canStart(container.state)) throw wrongState(container.record.name, `it is ${container.state.status}`);
      this.cancelRestart(container);
      container.attempt = 0;
      const { owner } = container.record;
      // The owner's groups may have changed since he made it; an admin starts it with the owner's rights, not with his own.
      const identity: Caller = caller.uid === owner.uid ? { ...owner, gid: caller.gid, groups: caller.groups } : owner;
      container.change({ stoppedByHand: false, restartCount: 0, owner: identity });
      await this.launch(container);
    });
  }

  /** Starts it after the machine has booted, unless somebody was faster; later again, if it can't be started yet. */
  startAtBoot(container: Container): Promise<void> {
    return container.turn.run(async () => {
      if (container.removed || !canStart(container.state)) return;
      container.change({ stoppedByHand: false });
      await this.launch(container).catch((error: unknown) => this.tryAgain(container, error));
    });
  }

  /** In its turn. */
  private async launch(container: Container): Promise<void> {
    const before = container.state;
    container.change({ state: { status: 'starting', sinceMs: Date.now() } });
    try {
      const { launcher, parking } = this.context;
      const launched = (await parking.release(container)) ?? (await launcher.launch(container.record, container.record.owner));
      note(this.context, container, 'start', launched.steps);
      this.runs(container, launched);
    } catch (error) {
      this.discardRun(container);
      await this.removeCgroup(container, 'the cgroups of a failed start could not be removed');
      container.change({ state: before });
      await this.launchFailed(container, error);
      throw withoutSpace(error);
    }
    const saved = this.context.persistence.trySave(container);
    // That it runs its run directory tells whoever comes after this helper. Only the next boot has nothing but the record to ask.
    if (startsAtBoot(container.record.spec.restart, false)) await saved;
  }

  /** Takes up a container whose process runs: hears its monitor. */
  watch(container: Container, process: ProcessIdentity): void {
    const { run } = this.context.paths.container(container.id);
    container.monitor?.close();
    container.monitor = new MonitorChannel(run, 'monitor', 'exit', {
      exited: (exit) => this.settle(container, process, exit),
      lost: () => void this.lost(container, process),
    });
  }

  /** Its process is gone: exits, or waits for its next start. What follows on disk is done in the container's turn. */
  settle(container: Container, process: ProcessIdentity, exit: ExitStatus): void {
    const { state } = container;
    if (!isLive(state) || state.process.pid !== process.pid) return;
    container.monitor?.close();
    container.monitor = null;
    const upMs = exit.atMs - state.sinceMs;
    if (!this.restartLater(container, exit, upMs)) container.change({ state: { status: 'exited', exit } });
    void container.turn.run(() => this.tidy(container)).catch(this.background(container, 'a container’s end could not be tidied up'));
  }

  /** Its monitor is gone without a word: nothing of it may stay. */
  async lost(container: Container, process: ProcessIdentity): Promise<void> {
    const cgroup = cgroupOf(this.context, container.id);
    await this.context.kernel.cgroupKill(cgroup).catch(this.background(container, 'what a lost monitor left could not be killed'));
    await this.removeCgroup(container, 'the cgroups of a lost container could not be removed');
    this.settle(container, process, lostExit('lost', Date.now()));
  }

  /** Sets the clock for its next start. */
  scheduleRestart(container: Container, delayMs: number): void {
    container.restartTimer = setTimeout(() => {
      container.restartTimer = null;
      void container.turn.run(() => this.restart(container)).catch(this.background(container, 'a container could not be restarted'));
    }, delayMs);
  }

  /** It stays as it is: exited. */
  cancelRestart(container: Container): void {
    if (container.restartTimer !== null) clearTimeout(container.restartTimer);
    container.restartTimer = null;
    if (container.state.status === 'restarting') container.change({ state: { status: 'exited', exit: container.state.exit } });
  }

  private runs(container: Container, { pid, startTimeTicks }: Launched): void {
    const process = { pid, startTimeTicks };
    container.change({ state: { status: 'running', process, sinceMs: Date.now() }, bootId: this.context.bootId });
    this.watch(container, process);
  }

  private async launchFailed(container: Container, error: unknown): Promise<void> {
    if (!(error instanceof KernelError)) return;
    note(this.context, container, 'start', error.steps);
    const { step, errno, errnoName, object } = error;
    const failure = { step, errno, errnoName, object };
    container.change({ state: { status: 'failed', failure, atMs: Date.now() }, bootId: this.context.bootId });
    await this.context.persistence.trySave(container);
  }

  private async restart(container: Container): Promise<void> {
    if (container.removed || container.state.status !== 'restarting') return;
    container.change({ restartCount: container.record.restartCount + 1 });
    await this.launch(container).catch((error: unknown) => this.tryAgain(container, error));
  }

  /** A start by nobody's wish has failed: the policy says whether there is another, and the disk has to know. */
  private async tryAgain(container: Container, error: unknown): Promise<void> {
    const failed: ExitStatus = { code: NOT_EXECUTED, signal: null, oomKilled: false, unknown: null, atMs: Date.now() };
    const again = this.restartLater(container, failed, 0);
    if (!again && container.state.status === 'restarting') container.change({ state: { status: 'exited', exit: failed } });
    this.background(container, 'a container could not be restarted')(error);
    await this.context.persistence.trySave(container);
  }

  private restartLater(container: Container, exit: ExitStatus, upMs: number): boolean {
    const { spec, stoppedByHand, restartCount } = container.record;
    const restart = nextRestart(spec.restart, exit, { stoppedByHand, restartCount, attempt: container.attempt, upMs });
    if (restart === null) return false;
    container.attempt = restart.attempt;
    const nextStartMs = Date.now() + restart.delayMs;
    container.change({ state: { status: 'restarting', exit, nextStartMs, attempt: restart.attempt } });
    this.scheduleRestart(container, restart.delayMs);
    return true;
  }

  /** In its turn: writes down how it ended; only then may the monitor's own note of it go. Removes one that wanted it. */
  async tidy(container: Container): Promise<void> {
    if (container.removed || isLive(container.state)) return;
    if (container.record.spec.autoRemove && container.restarting === 0 && container.state.status === 'exited') return this.hooks.removeInTurn(container);
    if (await this.context.persistence.trySave(container)) this.discardRun(container);
  }

  /** At once: a socket and a file, in memory. */
  private discardRun(container: Container): void {
    rmSync(this.context.paths.container(container.id).run, { recursive: true, force: true });
  }

  private async removeCgroup(container: Container, message: string): Promise<void> {
    await this.context.kernel.cgroupRemove(cgroupOf(this.context, container.id)).catch(this.background(container, message));
  }

  private background(container: Container, message: string): (error: unknown) => void {
    return logFailure(this.context.log, message, { container: container.id });
  }
}
