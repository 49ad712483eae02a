// From a container's record to its process: a fresh run directory, the binds opened as the owner, the launch. Every descriptor
// is closed on every path.
import { mkdirSync, rmSync } from 'node:fs';
import type { Caller } from '../caller.js';
import { errnoName, Failure } from '../failure.js';
import { Shares } from '../shares.js';
import type { Kernel, Launched, LaunchRequest, MountSource, OverlayRoot, ParkedLaunch } from '../../kernel/kernel.js';
import type { PlannedBind, Planner } from '../planner.js';
import type { ContainerStore } from '../../store/containerStore.js';
import type { Paths } from '../../store/paths.js';
import type { ContainerRecord } from './container.js';
import type { OwnPlaces } from './ownPlaces.js';

/** Of one uid at the same time: what his file systems and his containers hold up keeps nobody else waiting. */
const OPENS_AT_ONCE = 16;
const STARTS_AT_ONCE = 16;

export class Launcher {
  private readonly opens = new Shares(OPENS_AT_ONCE);
  private readonly starts = new Shares(STARTS_AT_ONCE);

  constructor(
    private readonly kernel: Kernel,
    private readonly planner: Pick<Planner, 'admitLaunch'>,
    private readonly store: ContainerStore,
    private readonly paths: Paths,
    private readonly ownPlaces: OwnPlaces,
  ) {}

  /** Resolves once the container's process has been executed; if it rejects, nothing is left. */
  launch(record: ContainerRecord, identity: Caller): Promise<Launched> {
    return this.begin(record, identity, (request) => this.kernel.launch(request));
  }

  /** The same, but for the execution: its process waits for that. */
  park(record: ContainerRecord, identity: Caller): Promise<ParkedLaunch> {
    return this.begin(record, identity, (request) => this.kernel.park(request));
  }

  /** Whether nobody is being launched. */
  get isIdle(): boolean {
    return this.starts.isIdle;
  }

  /** Throws DENIED when what `record` was planned as may not be launched any more. */
  async admit({ id }: ContainerRecord, identity: Caller): Promise<void> {
    await this.planner.admitLaunch(identity, (await this.store.readConfig(id)).decoded);
  }

  /** Opens the sources of `binds` as `identity`, and closes them again: what can't be bound is known before anything is made. */
  async check(identity: Caller, binds: readonly PlannedBind[]): Promise<void> {
    await this.withBinds(identity, binds, () => Promise.resolve());
  }

  private async begin<T>(record: ContainerRecord, identity: Caller, start: (request: LaunchRequest) => Promise<T>): Promise<T> {
    const { text, decoded } = await this.store.readConfig(record.id);
    await this.planner.admitLaunch(identity, decoded);
    freshFolder(this.paths.container(record.id).run);
    return this.withBinds(identity, record.plan.binds, (mountSources) =>
      this.starts.run(identity.uid, () => start(this.requestOf(record, text, mountSources))),
    );
  }

  private requestOf(record: ContainerRecord, config: string, mountSources: readonly MountSource[]): LaunchRequest {
    const files = this.paths.container(record.id);
    return {
      id: record.id,
      config,
      requiredRlimits: record.spec.rlimits.map(({ type }) => type),
      overlay: this.overlay(record),
      mountSources,
      user: record.plan.user,
      runDirectory: files.run,
      logPath: files.log,
      openStdin: record.spec.openStdin,
      descriptors: [],
    };
  }

  private async withBinds<T>(identity: Caller, binds: readonly PlannedBind[], work: (sources: readonly MountSource[]) => Promise<T>): Promise<T> {
    const opened: MountSource[] = [];
    try {
      for (const bind of binds) {
        const { fd, path } = await this.opens.run(identity.uid, () => this.kernel.openAsCaller(identity, bind.source, bind.access));
        opened.push({ index: bind.index, fd, owner: bind.owner });
        if (this.ownPlaces.has(path)) throw new Failure('DENIED', { object: bind.source, reason: 'is the helper’s own: it can’t be mounted' });
      }
      return await work(opened);
    } finally {
      for (const { fd } of opened) this.kernel.closeDescriptor(fd);
    }
  }

  private overlay(record: ContainerRecord): OverlayRoot {
    const { upper, work } = this.paths.container(record.id);
    return {
      layers: record.image.chainIds.map((chainId) => this.paths.layer(chainId)),
      upperDirectory: upper,
      workDirectory: work,
      idMapped: record.plan.idMapped,
      noSuid: record.plan.noSuid,
    };
  }
}

/** What the monitor of the last start has left goes; nothing in it is a container's. At once: in memory (/run) that takes less than a way to another thread. */
function freshFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (errnoName(error) !== 'EEXIST') throw error;
    rmSync(folder, { recursive: true });
    mkdirSync(folder, { mode: 0o700 });
  }
}
