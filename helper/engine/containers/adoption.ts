// Taking up again what an earlier helper has left: containers that run, those that ended meanwhile, those of an earlier boot; and
// sweeping away what belongs to nothing.
//
//   record says      run directory            → state
//   anything         monitor answers          → running (paused, if the record says so)
//   anything         exit file                → exited, by that
//   live             nothing                  → exited, lost
//   live, restarting (an earlier boot)        → exited, reboot; started if the policy says so
//
// The run directory is asked first, whichever boot the record is of: a start is on disk only after it has happened.
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Execs } from '../exec/execs.js';
import { logFailure } from '../log.js';
import { MonitorChannel, readExit } from '../monitor/monitorChannel.js';
import type { LoadedContainer } from '../../store/containerStore.js';
import { Container } from './container.js';
import { cgroupOf, type ContainerContext } from './context.js';
import { fromDisk } from './diskRecord.js';
import type { Lifecycle } from './lifecycle.js';
import { startsAtBoot } from './restartPolicy.js';
import { SharedDefaults } from './sharedDefaults.js';
import { isLive, lostExit, type ExitStatus, type ProcessIdentity } from './state.js';

const CONTAINER_ID = /^[0-9a-f]{64}$/;

export interface Leftovers {
  /** Names of groups below ours, of run directories, and paths of half-made folders. */
  readonly cgroups: readonly string[];
  readonly runs: readonly string[];
  readonly trees: readonly string[];
}

export class Adoption {
  /** Whose records can't be read: nothing of theirs is touched. */
  readonly unreadable = new Set<string>();

  constructor(
    private readonly context: ContainerContext,
    private readonly lifecycle: Lifecycle,
    private readonly execs: Execs,
    private readonly admit: (container: Container) => void,
  ) {}

  /** Resolves once every container's state is known; `startAtBoot` are those to be started now. */
  async run(): Promise<{ readonly startAtBoot: readonly Container[] }> {
    const defaults = new SharedDefaults();
    const containers = (await this.context.store.load()).flatMap((loaded) => this.read(loaded, defaults));
    for (const container of containers) this.admit(container);
    const runs = new Set(await readdir(this.context.paths.runs));
    const starts = await Promise.all(containers.map((container) => this.adopt(container, runs.has(container.id))));
    return { startAtBoot: containers.filter((_, index) => starts[index]) };
  }

  /** What belongs to no container, as of now: to be asked before new things are made. */
  async findLeftovers(): Promise<Leftovers> {
    const isNobodys = (id: string) => !this.context.registry.has(id) && !this.unreadable.has(id);
    // A group that is not named as a container's may be the helper's own: a service manager puts it there.
    const groups = this.context.kernel.cgroupChildren(this.context.cgroupParent).filter((name) => CONTAINER_ID.test(name));
    const cgroups = groups.filter(isNobodys);
    const runs = (await readdir(this.context.paths.runs)).filter(isNobodys);
    return { cgroups, runs, trees: await this.context.store.leftovers() };
  }

  async sweep({ cgroups, runs, trees }: Leftovers): Promise<void> {
    for (const child of cgroups) await this.quietly(this.context.kernel.cgroupRemove(cgroupOf(this.context, child)), child);
    for (const run of runs) await this.quietly(rm(path.join(this.context.paths.runs, run), { recursive: true, force: true }), run);
    for (const tree of trees) await this.quietly(this.context.kernel.removeTree(tree), tree);
  }

  private read(loaded: LoadedContainer, defaults: SharedDefaults): readonly Container[] {
    if (loaded.kind === 'record') return [new Container(defaults.share(fromDisk(loaded.record)))];
    this.unreadable.add(loaded.id);
    this.context.log('a container’s record can’t be read; it is left as it is', { container: loaded.id, reason: loaded.reason });
    return [];
  }

  /** Whether it is to be started now. */
  private async adopt(container: Container, hasRun: boolean): Promise<boolean> {
    const found = hasRun && (await this.fromRun(container));
    if (!found && container.record.bootId !== this.context.bootId) return this.afterReboot(container);
    if (!found && isLive(container.state)) await this.lifecycle.lost(container, container.state.process);
    if (container.state.status === 'restarting') {
      container.attempt = container.state.attempt;
      this.lifecycle.scheduleRestart(container, Math.max(0, container.state.nextStartMs - Date.now()));
    }
    return false;
  }

  private async afterReboot(container: Container): Promise<boolean> {
    const { state } = container;
    if (state.status === 'created') return false;
    if (isLive(state) || state.status === 'restarting') {
      container.change({ state: { status: 'exited', exit: lostExit('reboot', Date.now()) } });
      await this.lifecycle.tidy(container);
    }
    if (container.removed) return false;
    return startsAtBoot(container.record.spec.restart, container.record.stoppedByHand);
  }

  /** The run directory knows better than the record, which may be older than it. False: there is nothing in it. */
  private async fromRun(container: Container): Promise<boolean> {
    const files = this.context.paths.container(container.id);
    const exit = await readExit(files.exit);
    const found = exit === null ? await askMonitor(files.run) : { exit };
    if (found === null) await this.leftNothing(container);
    else if ('exit' in found) this.endedMeanwhile(container, found.exit);
    else await this.isRunning(container, found.process);
    return found !== null;
  }

  private async isRunning(container: Container, process: ProcessIdentity): Promise<void> {
    const { state } = container;
    const paused = state.status === 'paused';
    // A pause that was never acknowledged is undone.
    if (!paused) await this.quietly(this.context.kernel.cgroupFreeze(cgroupOf(this.context, container.id), false), container.id);
    const sinceMs = isLive(state) ? state.sinceMs : Date.now();
    const { bootId } = this.context;
    const isNews = !isLive(state) || container.record.bootId !== bootId;
    container.change({ state: { status: paused ? 'paused' : 'running', process, sinceMs }, bootId });
    this.lifecycle.watch(container, process);
    if (isNews) await this.context.persistence.trySave(container);
    await this.quietly(this.execs.adopt(container.id), container.id);
  }

  private endedMeanwhile(container: Container, exit: ExitStatus): void {
    const { state } = container;
    const isKnown = state.status === 'exited' || state.status === 'restarting';
    if (isKnown && state.exit.atMs === exit.atMs) return;
    const process = isLive(state) ? state.process : { pid: 0, startTimeTicks: 0 };
    container.change({ bootId: this.context.bootId, ...(isLive(state) ? {} : { state: { status: 'running', process, sinceMs: exit.atMs } }) });
    this.lifecycle.settle(container, process, exit);
  }

  /** A start that never came to its end, or a monitor that was killed. */
  private async leftNothing(container: Container): Promise<void> {
    if (isLive(container.state) && container.record.bootId === this.context.bootId) return;
    const cgroup = cgroupOf(this.context, container.id);
    await this.quietly(this.context.kernel.cgroupRemove(cgroup), container.id);
    await this.quietly(rm(this.context.paths.container(container.id).run, { recursive: true, force: true }), container.id);
  }

  private async quietly(work: Promise<unknown>, object: string): Promise<void> {
    await work.catch(logFailure(this.context.log, 'a leftover could not be removed', { object }));
  }
}

/** What a monitor says of its process; null: there is none. */
function askMonitor(folder: string): Promise<{ readonly process: ProcessIdentity } | { readonly exit: ExitStatus } | null> {
  return new Promise((resolve) => {
    const channel = new MonitorChannel(folder, 'monitor', 'exit', {
      running: (process) => {
        channel.close();
        resolve({ process });
      },
      exited: (exit) => resolve({ exit }),
      lost: () => resolve(null),
    });
  });
}
