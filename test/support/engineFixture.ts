// An engine over a recorder of the kernel, in a folder of its own, with one image in it.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { containerSpec, type ContainerSpecInput } from '../../protocol/containers.js';
import type { Caller } from '../../helper/engine/caller.js';
import type { Container } from '../../helper/engine/containers/container.js';
import type { ParkingOptions } from '../../helper/engine/containers/parking.js';
import { Engine } from '../../helper/engine/engine.js';
import type { Failure } from '../../helper/engine/failure.js';
import type { RegistryAccess } from '../../helper/engine/images/registryAccess.js';
import type { Image } from '../../helper/engine/images/image.js';
import type { ImportOptions } from '../../helper/engine/images/images.js';
import type { LaunchPlan, Planner } from '../../helper/engine/planner.js';
import { RecorderKernel } from './recorderKernel.js';
import { tarOf } from './tarBuilder.js';

export const ROOT: Caller = { uid: 0, gid: 0, groups: [], role: 'admin' };
export const ALICE: Caller = { uid: 1000, gid: 1000, groups: [27], role: 'user' };
export const BOB: Caller = { uid: 1001, gid: 1001, groups: [], role: 'user' };

/** No registry is reached from a unit test. */
const NO_REGISTRY: RegistryAccess = {
  call: () => Promise.reject(new Error('there is no registry')),
  transfer: () => Promise.reject(new Error('there is no registry')),
  close: () => Promise.resolve(),
};

export class EngineFixture {
  readonly kernel = new RecorderKernel();
  readonly logged: string[] = [];
  /** What every launch is refused with from now on. */
  launchRefusal: Failure | null = null;
  engine: Engine;

  private constructor(
    readonly folder: string,
    private readonly parking: ParkingOptions,
  ) {
    this.engine = this.makeEngine();
  }

  /** Without more, no container stands ready before it is started. */
  static async open(parking: ParkingOptions = { places: 0, delayMs: 0, lifeMs: 0 }): Promise<EngineFixture> {
    const fixture = new EngineFixture(await mkdtemp(path.join(os.tmpdir(), 'bulkhead-unit-')), parking);
    await fixture.engine.open();
    return fixture;
  }

  /** `kill -9` of the helper, and a new one: nothing is said to the old engine's disk. */
  async reopen(): Promise<void> {
    await this.engine.close();
    this.engine = this.makeEngine();
    await this.engine.open();
    await this.engine.settled();
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.kernel.closeMonitors();
    await rm(this.folder, { recursive: true, force: true });
  }

  async importImage(caller: Caller, reference = 'base', content = 'hello'): Promise<Image> {
    const upload = Readable.from([tarOf([{ name: 'etc/motd', content }])]);
    const [image] = await this.engine.images.import(caller, this.importOptions(upload, reference));
    if (image === undefined) throw new Error('nothing was imported');
    return image;
  }

  importOptions(upload: Readable, reference?: string): ImportOptions {
    return { upload, reference, announcedBytes: undefined, onProgress: () => undefined, signal: new AbortController().signal };
  }

  create(caller: Caller, spec: Partial<ContainerSpecInput> = {}): Promise<Container> {
    return this.engine.creating.create(caller, containerSpec.parse({ image: 'base', ...spec }));
  }

  async running(caller: Caller, spec: Partial<ContainerSpecInput> = {}): Promise<Container> {
    const container = await this.create(caller, spec);
    await this.engine.lifecycle.start(container, caller);
    return container;
  }

  /** The monitor of a container. */
  monitor(container: Container) {
    const monitor = this.kernel.monitors.get(container.id);
    if (monitor === undefined) throw new Error('it was never launched');
    return monitor;
  }

  /** Lets a container's process exit, and waits until the engine knows. */
  async exits(container: Container, code: number): Promise<void> {
    const before = container.state;
    await this.monitor(container).exit(code);
    await container.until(() => container.state !== before);
  }

  private admitLaunch(): void {
    if (this.launchRefusal !== null) throw this.launchRefusal;
  }

  private makeEngine(): Engine {
    return new Engine({
      kernel: this.kernel,
      planner: { ...planner(), admitLaunch: () => this.admitLaunch() },
      dataDirectory: path.join(this.folder, 'data'),
      stateDirectory: path.join(this.folder, 'state'),
      socketDirectory: path.join(this.folder, 'run'),
      cgroupParent: '/bulkhead/unit',
      architecture: 'amd64',
      imageLimits: {
        maxUploadBytes: 2 ** 20,
        maxMembers: 100,
        layer: { maxEntries: 1000, maxBytes: 2 ** 20 },
        maxImages: 20,
        maxNames: 100,
        maxImportImages: 4,
        maxImportDocumentBytes: 2 ** 18,
        maxOwnerDocumentBytes: 2 ** 16,
        maxOwnerBytes: 2 ** 17,
        maxImports: 2,
        maxPulls: 2,
      },
      parking: this.parking,
      registry: NO_REGISTRY,
      log: (message) => this.logged.push(message),
    });
  }
}

/** Plans what it is told and allows everything. */
function planner(): Planner {
  return {
    plan: ({ spec, cgroupPath }): LaunchPlan => ({
      config: { ociVersion: '1.2.0', linux: { cgroupsPath: cgroupPath }, limits: spec.limits },
      binds: spec.mounts.flatMap((mount, index) =>
        mount.type === 'bind' ? [{ index, source: mount.source, access: mount.readOnly ? ('read' as const) : ('write' as const), owner: null }] : [],
      ),
      user: spec.user ?? null,
      idMapped: false,
      noSuid: true,
    }),
    admitContainer: () => undefined,
    admitLaunch: () => undefined,
    admitExec: () => undefined,
    planExec: ({ config, command }) => ({ ...config, process: { args: command } }),
    planUpdate: (_caller, current, update) => ({ limits: { ...current, ...update }, resources: { memory: { limit: update.memoryBytes ?? -1 } } }),
  };
}
