// Further processes in running containers: started, heard, resized, taken up again after a restart of the helper.
import { randomBytes } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Caller } from '../caller.js';
import { notFound, withoutSpace, wrongState, errnoName } from '../failure.js';
import { KernelError, type Launched } from '../../kernel/kernel.js';
import { logFailure } from '../log.js';
import { MonitorChannel } from '../monitor/monitorChannel.js';
import type { Container } from '../containers/container.js';
import { note, type ContainerContext } from '../containers/context.js';
import { Shares } from '../shares.js';
import { canExec, isLive, type ProcessIdentity } from '../containers/state.js';

export interface ExecCommand {
  readonly command: readonly string[];
  readonly environment: readonly string[];
  readonly workingDirectory: string | undefined;
  readonly user: string | undefined;
  readonly terminal: boolean;
  readonly openStdin: boolean;
}

export interface Exec {
  readonly id: string;
  readonly containerId: string;
  /** Where its monitor listens for `attach`. */
  readonly monitorSocket: string;
}

interface LiveExec extends Exec {
  readonly channel: MonitorChannel;
  process: ProcessIdentity | null;
  /** Nobody will ever attach to it: it ends as soon as it is known which process it is. */
  unwanted: boolean;
}

const SOCKET_NAME = /^exec-([0-9a-f]{32})\.sock$/;
/** In the containers of one uid at the same time: a container can hold an exec up. */
const STARTS_AT_ONCE = 16;
/** Beside its socket as long as nobody has attached. */
const UNATTACHED = '.unattached';
const SIGKILL = 9;

export class Execs {
  private readonly starts = new Shares(STARTS_AT_ONCE);
  private readonly live = new Map<string, LiveExec>();
  /** Those that are being started, and in which container. */
  private readonly starting = new Map<string, string>();

  constructor(private readonly context: ContainerContext) {}

  /** Resolves once its process has been executed. It reads no input and loses no output until somebody attaches. */
  async start(container: Container, caller: Caller, command: ExecCommand): Promise<Exec> {
    const { state, record } = container;
    if (!canExec(state) || !isLive(state)) throw wrongState(record.name, `it is ${state.status}`);
    this.context.planner.admitExec(this.countIn(container.id));
    const id = randomBytes(16).toString('hex');
    this.starting.set(id, container.id);
    try {
      const { decoded: config } = await this.context.store.readConfig(container.id);
      const planned = this.context.planner.planExec({ caller, config, ...command });
      await writeFile(this.markOf(container.id, id), '', { mode: 0o600 }).catch((error: unknown) => {
        throw withoutSpace(error);
      });
      const launched = await this.starts.run(record.owner.uid, () => this.launch(container, id, JSON.stringify(planned), command));
      return this.watch(container.id, id, { pid: launched.pid, startTimeTicks: launched.startTimeTicks });
    } catch (error) {
      await this.unmark(container.id, id);
      throw error;
    } finally {
      this.starting.delete(id);
    }
  }

  /** Throws NOT_FOUND when it has ended or is another container's. */
  find(container: Container, id: string): Exec & { readonly channel: MonitorChannel } {
    const exec = this.live.get(id);
    if (exec === undefined || exec.containerId !== container.id) throw notFound(id);
    return exec;
  }

  /** Somebody has: it goes on without this helper too. */
  async attached({ id, containerId }: Pick<Exec, 'id' | 'containerId'>): Promise<void> {
    await this.unmark(containerId, id);
  }

  /** Ends one that nobody will ever attach to. */
  abandon(id: string): void {
    const exec = this.live.get(id);
    if (exec === undefined) return;
    exec.unwanted = true;
    this.endUnwanted(exec);
  }

  private endUnwanted({ id, process, unwanted }: LiveExec): void {
    if (process === null || !unwanted) return;
    try {
      this.context.kernel.signalProcess(process.pid, process.startTimeTicks, SIGKILL);
    } catch (error) {
      if (errnoName(error) !== 'ESRCH') logFailure(this.context.log, 'an abandoned exec could not be ended', { exec: id })(error);
    }
  }

  /** Hears again what an earlier helper has started in a container that still runs. */
  async adopt(containerId: string): Promise<void> {
    const names = await readdir(this.context.paths.container(containerId).run);
    for (const name of names) {
      const id = SOCKET_NAME.exec(name)?.[1];
      if (id === undefined) continue;
      this.watch(containerId, id, null);
      // The token that somebody could have attached with has gone with the helper that gave it out.
      if (names.includes(`exec-${id}${UNATTACHED}`)) this.abandon(id);
    }
  }

  close(): void {
    for (const { channel } of this.live.values()) channel.close();
    this.live.clear();
  }

  private countIn(containerId: string): number {
    const containers = [...this.starting.values(), ...[...this.live.values()].map((exec) => exec.containerId)];
    return containers.filter((id) => id === containerId).length;
  }

  /** Much may have happened since it was asked for: in one that has been frozen the new process would hang. */
  private async launch(container: Container, id: string, config: string, command: ExecCommand): Promise<Launched> {
    const { state } = container;
    if (!canExec(state) || !isLive(state)) throw wrongState(container.record.name, `it is ${state.status}`);
    try {
      const launched = await this.context.kernel.exec({
        ...state.process,
        config,
        user: command.user ?? container.record.plan.user,
        requiredRlimits: container.record.spec.rlimits.map(({ type }) => type),
        runDirectory: this.context.paths.container(container.id).run,
        name: `exec-${id}`,
        openStdin: command.openStdin,
        waitForAttach: true,
      });
      note(this.context, container, 'exec', launched.steps);
      return launched;
    } catch (error) {
      if (error instanceof KernelError) note(this.context, container, 'exec', error.steps);
      throw withoutSpace(error);
    }
  }

  private watch(containerId: string, id: string, process: ProcessIdentity | null): Exec {
    const { run } = this.context.paths.container(containerId);
    const name = `exec-${id}`;
    const channel = new MonitorChannel(run, name, `${name}.exit`, {
      running: (identity) => {
        exec.process = identity;
        this.endUnwanted(exec);
      },
      exited: () => this.ended(exec),
      lost: () => this.ended(exec),
    });
    const exec: LiveExec = { id, containerId, monitorSocket: path.join(run, `${name}.sock`), channel, process, unwanted: false };
    this.live.set(id, exec);
    return exec;
  }

  private ended({ id, containerId }: LiveExec): void {
    this.live.delete(id);
    const { run } = this.context.paths.container(containerId);
    // Its socket is the monitor's: somebody who has yet to attach finds the output there.
    rm(path.join(run, `exec-${id}.exit`), { force: true }).catch(logFailure(this.context.log, 'what an exec left could not be removed', { exec: id }));
    void this.unmark(containerId, id);
  }

  private async unmark(containerId: string, id: string): Promise<void> {
    await rm(this.markOf(containerId, id), { force: true }).catch(logFailure(this.context.log, 'an exec’s mark could not be removed', { exec: id }));
  }

  private markOf(containerId: string, id: string): string {
    return path.join(this.context.paths.container(containerId).run, `exec-${id}${UNATTACHED}`);
  }
}
