// The engine: its parts, put together; opened and closed in order. It knows no protocol: handlers speak to the parts.
import { canSee, type Caller } from './caller.js';
import { Adoption, type Leftovers } from './containers/adoption.js';
import { Changing } from './containers/changing.js';
import type { Container, ContainerRecord } from './containers/container.js';
import type { ContainerContext } from './containers/context.js';
import { Creating } from './containers/creating.js';
import { Launcher } from './containers/launcher.js';
import { Lifecycle } from './containers/lifecycle.js';
import { OwnPlaces } from './containers/ownPlaces.js';
import { Parking } from './containers/parking.js';
import { Observing } from './containers/observing.js';
import { Persistence } from './containers/persistence.js';
import { ContainerRegistry } from './containers/registry.js';
import { Removing } from './containers/removing.js';
import { Restarting } from './containers/restarting.js';
import { isLive } from './containers/state.js';
import { Still } from './containers/still.js';
import { Stopping } from './containers/stopping.js';
import { EventBus } from './events/eventBus.js';
import { Execs } from './exec/execs.js';
import { Committing } from './images/committing.js';
import { Exporting } from './images/exporting.js';
import { canUse, type Image } from './images/image.js';
import { Images } from './images/images.js';
import { Layers } from './images/layers.js';
import { Packing } from './images/packing.js';
import type { RegistryAccess } from './images/registryAccess.js';
import { Pulls } from './images/pull/pulls.js';
import { Pushing } from './images/pushing.js';
import { logFailure } from './log.js';
import type { EngineOptions } from './options.js';
import { ContainerStore } from '../store/containerStore.js';
import { ImageStore } from '../store/imageStore.js';
import { PackedLayers } from '../store/packedLayers.js';
import { LedgerStore } from '../store/ledgerStore.js';
import { Paths, type ContainerPaths } from '../store/paths.js';

export class Engine {
  readonly registry = new ContainerRegistry();
  readonly images: Images;
  readonly pulls: Pulls;
  readonly pushing: Pushing;
  readonly packing: Packing;
  readonly committing: Committing;
  readonly exporting: Exporting;
  readonly creating: Creating;
  readonly lifecycle: Lifecycle;
  readonly stopping: Stopping;
  readonly restarting: Restarting;
  readonly removing: Removing;
  readonly changing: Changing;
  readonly observing: Observing;
  readonly execs: Execs;
  readonly events: EventBus;
  readonly registryAccess: RegistryAccess;
  private readonly imageStore: ImageStore;
  private readonly layers: Layers;
  private readonly packedLayers: PackedLayers;
  private readonly context: ContainerContext;
  private readonly adoption: Adoption;
  /** What goes on in the background after the opening. */
  private housekeeping: Promise<void> = Promise.resolve();
  private closing = false;

  constructor(private readonly options: EngineOptions) {
    const paths = new Paths(options.dataDirectory, options.stateDirectory);
    this.imageStore = new ImageStore(paths);
    this.layers = new Layers(options.kernel, this.imageStore, options.imageLimits.layer, options.log);
    this.packedLayers = new PackedLayers(paths.packedLayers, this.imageStore);
    this.context = contextOf(options, paths, this.registry);
    this.registryAccess = options.registry;
    this.images = this.makeImages();
    this.pulls = this.makePulls();
    this.packing = this.makePacking();
    this.pushing = new Pushing(this.images, this.packing, options.registry, options.kernel, this.imageStore);
    this.committing = new Committing(this.images, new Still(this.context));
    this.exporting = new Exporting(options.kernel, paths, this.layers, options.imageLimits.layer);
    this.events = this.makeEvents();
    this.lifecycle = new Lifecycle(this.context, { removeInTurn: (container) => this.removing.removeInTurn(container) });
    this.stopping = new Stopping(this.context, this.lifecycle);
    this.restarting = new Restarting(this.lifecycle, this.stopping);
    this.removing = new Removing(this.context, this.lifecycle, this.stopping);
    this.changing = new Changing(this.context);
    this.observing = new Observing(this.context);
    this.execs = new Execs(this.context);
    const admit = (container: Container) => this.admit(container);
    this.creating = new Creating(this.context, (caller, reference) => this.images.hold(caller, reference), admit);
    this.adoption = new Adoption(this.context, this.lifecycle, this.execs, admit);
  }

  /** Reads what is on disk and takes up what runs. Resolves once requests can be answered; the sweeping goes on in the background. */
  async open(): Promise<void> {
    await this.context.store.open();
    await this.images.open();
    const { startAtBoot } = await this.adoption.run();
    const leftovers = await this.adoption.findLeftovers();
    const trees = [...leftovers.trees, ...(await this.imageStore.leftovers())];
    this.housekeeping = this.keepHouse({ ...leftovers, trees }, startAtBoot).catch(logFailure(this.options.log, 'the housekeeping has failed'));
  }

  /** Where a container's log and monitor are. */
  pathsOf(container: Container): ContainerPaths {
    return this.context.paths.container(container.id);
  }

  /** Resolves once what the opening has begun in the background is done. */
  settled(): Promise<void> {
    return this.housekeeping;
  }

  /** Hears and does nothing any more. Containers go on. */
  async close(): Promise<void> {
    this.closing = true;
    await this.pulls.close();
    await this.context.parking.close();
    await this.housekeeping;
    this.execs.close();
    for (const container of this.registry.all()) await this.leave(container);
    await this.removeEmptyGroup().catch(logFailure(this.options.log, 'the containers’ group could not be removed'));
  }

  private async keepHouse(leftovers: Leftovers, startAtBoot: readonly Container[]): Promise<void> {
    await this.adoption.sweep(leftovers);
    await this.images.sweep();
    for (const container of startAtBoot) {
      if (this.closing) return;
      const failed = logFailure(this.options.log, 'a container could not be started at boot', { container: container.id });
      await this.lifecycle.startAtBoot(container).catch(failed);
    }
  }

  private async leave(container: Container): Promise<void> {
    const stopClock = () => clearTimeout(container.restartTimer ?? undefined);
    stopClock();
    await container.turn.run(async () => {
      container.monitor?.close();
      // An exit that was heard until now may have set it.
      stopClock();
      await this.context.persistence.idle(container);
    });
  }

  private async removeEmptyGroup(): Promise<void> {
    const { kernel, cgroupParent } = this.options;
    // The root may be the group that a service manager has put the helper itself into.
    if (cgroupParent === kernel.host().cgroupRoot) return;
    if (this.registry.all().some(({ state }) => isLive(state)) || kernel.cgroupChildren(cgroupParent).length > 0) return;
    await kernel.cgroupRemove(cgroupParent);
  }

  /** From here on it is there for everybody who may see it. */
  private admit(container: Container): void {
    const ownerUid = container.record.owner.uid;
    const tell = () => this.events.containerChanged(container.id, (caller) => canSee(caller, ownerUid));
    this.registry.add(container);
    container.watch(tell);
    tell();
  }

  private makeEvents(): EventBus {
    return new EventBus({
      containers: (caller) => this.registry.visibleTo(caller).map(({ record }) => record),
      images: (caller) => this.images.visibleTo(caller),
      container: (caller, id) => this.visibleContainer(caller, id),
      image: (caller, id) => this.images.visible(caller, id),
      pulls: (caller) => this.pulls.visibleTo(caller),
      pull: (caller, id) => this.pulls.visible(caller, id),
    });
  }

  private makePulls(): Pulls {
    const { imageLimits, architecture } = this.options;
    const changed = (id: string, ownerUid: number) => this.events.pullChanged(id, (caller) => canSee(caller, ownerUid));
    return new Pulls(this.images, this.registryAccess, imageLimits.maxPulls, architecture, changed);
  }

  private makePacking(): Packing {
    const { kernel, log } = this.options;
    const { images, imageStore: store, layers } = this;
    const removeTree = (folder: string) => kernel.removeTree(folder).catch(logFailure(log, 'a staging folder could not be removed', { folder }));
    return new Packing({ images, store, layers, removeTree });
  }

  private makeImages(): Images {
    const { kernel, imageLimits, architecture, log } = this.options;
    const { imageStore: store, layers, packedLayers: packed } = this;
    const hooks = {
      usersOf: (image: Image, seenBy?: Caller) => this.usersOf(image, seenBy),
      usedChainIds: () => this.usedChainIds(),
      changed: (id: string, ownerUid: number) => this.events.imageChanged(id, (caller) => canUse(caller, ownerUid)),
    };
    return new Images({ kernel, store, layers, packed, limits: imageLimits, architecture }, hooks, log);
  }

  private visibleContainer(caller: Caller, id: string): ContainerRecord | null {
    const container = this.registry.get(id);
    return container !== null && canSee(caller, container.record.owner.uid) ? container.record : null;
  }

  /** Root's images are used by everybody's containers, anyone else's by his own. */
  private usersOf({ ownerUid, content }: Image, seenBy?: Caller): readonly string[] {
    const all = seenBy === undefined ? this.registry.all() : this.registry.visibleTo(seenBy);
    const users = all.filter(({ record }) => record.image.id === content.id && (ownerUid === 0 || record.owner.uid === ownerUid));
    return users.map(({ record }) => record.name);
  }

  private usedChainIds(): ReadonlySet<string> | null {
    if (this.adoption.unreadable.size > 0) return null;
    return new Set(this.registry.all().flatMap(({ record }) => record.image.chainIds));
  }
}

function contextOf(options: EngineOptions, paths: Paths, registry: ContainerRegistry): ContainerContext {
  const { kernel, planner, cgroupParent, dataDirectory, stateDirectory, socketDirectory, log } = options;
  const store = new ContainerStore(paths, (file, temporary, content) => kernel.replaceFile(file, temporary, content));
  const ownPlaces = new OwnPlaces([stateDirectory, socketDirectory], [dataDirectory, paths.runs]);
  const launcher = new Launcher(kernel, planner, store, paths, ownPlaces);
  const persistence = new Persistence(store, new LedgerStore(paths), log);
  const context = { kernel, planner, store, paths, registry, launcher, persistence, bootId: kernel.host().bootId, cgroupParent, log };
  return { ...context, parking: new Parking(context, options.parking) };
}
