// A kernel that does nothing but keep what it was asked, and a monitor for each process that it was asked to launch: a real
// socket that speaks a real monitor's words, so that the engine's own code for it is what runs.
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  KernelError,
  type CgroupStats,
  type CommitRequest,
  type HostFeatures,
  type Kernel,
  type Launched,
  type LaunchRequest,
  type ExecRequest,
  type OpenedSource,
  type ParkedLaunch,
  type PackRequest,
  type PeerIdentity,
  type ProcessRecord,
  type StepRecord,
  type Unpacked,
  type UnpackRequest,
} from '../../helper/kernel/kernel.js';
import { writeAtomically } from '../../helper/store/files.js';
import { FakeMonitor } from './fakeMonitor.js';

export interface RecordedCall {
  readonly name: keyof Kernel;
  readonly args: readonly unknown[];
}

const STEPS: readonly StepRecord[] = [{ step: 'clone3', startUs: 0, durationUs: 10, errno: 0, object: 'pid 1' }];
const NO_STATS: CgroupStats = {
  cpuUsageUs: 0,
  cpuThrottledUs: null,
  memoryBytes: 4096,
  memoryLimitBytes: null,
  memoryPeakBytes: null,
  swapBytes: null,
  oomKills: null,
  pids: 1,
  pidsLimit: null,
  ioReadBytes: null,
  ioWriteBytes: null,
  pressure: { cpu: null, memory: null, io: null },
};

/** A container that stands ready, and what was done with it. */
export class RecordedParking implements ParkedLaunch {
  readonly steps = STEPS;
  isReleased = false;
  isDiscarded = false;
  /** What a release is refused with. */
  refusal: KernelError | null = null;

  constructor(
    readonly monitor: FakeMonitor,
    private readonly launched: Launched,
  ) {
    monitor.hold();
  }

  release(): void {
    if (this.refusal !== null) throw this.refusal;
    this.isReleased = true;
    this.monitor.letGo();
  }

  outcome(): Launched {
    if (!this.isReleased) throw new KernelError('launch', 11, 'EAGAIN', 'bulkhead-init');
    return this.launched;
  }

  async discard(): Promise<void> {
    this.isDiscarded = true;
    if (!this.monitor.ended) await this.monitor.die();
  }
}

export class RecorderKernel implements Kernel {
  readonly calls: RecordedCall[] = [];
  /** By container id, or by an exec's name. */
  readonly monitors = new Map<string, FakeMonitor>();
  /** By container id: the last one of each. */
  readonly parked = new Map<string, RecordedParking>();
  readonly openDescriptors = new Set<number>();
  /** Launches and parkings wait for it. */
  gate: Promise<void> = Promise.resolve();
  bootId = 'boot-1';
  /** Names of groups that are there without a container. */
  strayGroups: string[] = [];
  /** Signals that processes survive. SIGKILL is none. */
  ignoredSignals = new Set<number>();
  private readonly failures = new Map<keyof Kernel, KernelError[]>();
  private nextFd = 100;
  private nextPid = 1000;

  /** The next call of `name` fails. */
  failNext(name: keyof Kernel, errnoName: string, errno = 1, step = String(name), object = 'object'): void {
    const error = new KernelError(step, errno, errnoName, object, STEPS);
    this.failures.set(name, [...(this.failures.get(name) ?? []), error]);
  }

  callsOf(name: keyof Kernel): readonly RecordedCall[] {
    return this.calls.filter((call) => call.name === name);
  }

  async closeMonitors(): Promise<void> {
    for (const monitor of this.monitors.values()) await monitor.close();
  }

  host(): HostFeatures {
    return {
      kernelRelease: '6.18.0',
      bootId: this.bootId,
      cgroup: 'v2',
      controllers: ['cpu', 'memory', 'pids'],
      cgroupRoot: '/bulkhead',
      idMappedMounts: true,
      idMappedOverlay: true,
      timeNamespaces: true,
      cgroupKill: true,
    };
  }

  peerIdentity(socketFd: number): PeerIdentity {
    this.record('peerIdentity', socketFd);
    return { pid: 1, uid: 0, gid: 0, groups: [], sameUserNamespace: true, samePidNamespace: true, seesSameFiles: true };
  }

  lockInstance(path: string): boolean {
    this.record('lockInstance', path);
    return true;
  }

  openAsCaller(...args: Parameters<Kernel['openAsCaller']>): Promise<OpenedSource> {
    return this.attempt('openAsCaller', args, () => {
      this.nextFd += 1;
      this.openDescriptors.add(this.nextFd);
      return Promise.resolve({ fd: this.nextFd, kind: 'directory', path: args[1] });
    });
  }

  closeDescriptor(fd: number): void {
    this.record('closeDescriptor', fd);
    this.openDescriptors.delete(fd);
  }

  sendBlob(): Promise<void> {
    return Promise.reject(new KernelError('send-blob', 38, 'ENOSYS', 'the recorder sends nothing'));
  }

  receiveBlob(): Promise<{ readonly digest: string }> {
    return Promise.reject(new KernelError('receive-blob', 38, 'ENOSYS', 'the recorder receives nothing'));
  }

  socketPair(): readonly [number, number] {
    this.record('socketPair');
    this.nextFd += 2;
    return [this.nextFd - 1, this.nextFd];
  }

  launch(request: LaunchRequest): Promise<Launched> {
    return this.attempt('launch', [request], () => this.runContainer(request));
  }

  park(request: LaunchRequest): Promise<ParkedLaunch> {
    return this.attempt('park', [request], async () => {
      const launched = await this.runContainer(request);
      const monitor = this.monitors.get(request.id);
      if (monitor === undefined) throw new Error('there is no monitor');
      const parked = new RecordedParking(monitor, launched);
      this.parked.set(request.id, parked);
      return parked;
    });
  }

  exec(request: ExecRequest): Promise<Launched> {
    return this.attempt('exec', [request], () => this.run(request.name, request.runDirectory, request.name, `${request.name}.exit`));
  }

  async passDescriptor(monitorSocket: string, message: string, fd: number): Promise<void> {
    await this.attempt('passDescriptor', [monitorSocket, message, fd], () => Promise.resolve());
  }

  signalProcess(pid: number, startTimeTicks: number, signal: number): void {
    this.record('signalProcess', pid, startTimeTicks, signal);
    const failure = this.takeFailure('signalProcess');
    if (failure !== null) throw failure;
    const monitor = [...this.monitors.values()].find((candidate) => candidate.pid === pid);
    if (monitor === undefined || monitor.ended) throw new KernelError('pidfd_open', 3, 'ESRCH', `pid ${pid}`);
    if (!this.ignoredSignals.has(signal)) void monitor.exit(0, signal);
  }

  processExists(pid: number): boolean {
    return [...this.monitors.values()].some((monitor) => monitor.pid === pid && !monitor.ended);
  }

  processes(pids: readonly number[]): Promise<readonly ProcessRecord[]> {
    const record = { containerPid: 1, parentPid: 0, uid: 0, state: 'S', cpuUs: 0, residentBytes: 0, startedMs: 0, command: 'sh' };
    return this.attempt('processes', [pids], () => Promise.resolve(pids.map((pid) => ({ pid, ...record }))));
  }

  cgroupFreeze(path: string, frozen: boolean): Promise<void> {
    return this.attempt('cgroupFreeze', [path, frozen], () => Promise.resolve());
  }

  cgroupKill(path: string): Promise<void> {
    return this.attempt('cgroupKill', [path], async () => {
      await this.monitors.get(path.split('/').at(-1) ?? '')?.exit(0, 9);
    });
  }

  cgroupRemove(path: string): Promise<void> {
    return this.attempt('cgroupRemove', [path], () => Promise.resolve());
  }

  cgroupProcesses(path: string): readonly number[] {
    this.record('cgroupProcesses', path);
    return [42];
  }

  cgroupUpdate(path: string, resources: string): Promise<void> {
    return this.attempt('cgroupUpdate', [path, resources], () => Promise.resolve());
  }

  cgroupStats(path: string): CgroupStats {
    this.record('cgroupStats', path);
    return NO_STATS;
  }

  cgroupChildren(path: string): readonly string[] {
    this.record('cgroupChildren', path);
    return this.strayGroups;
  }

  /** Unpacks nothing, but its digests are true. */
  unpackLayer(request: UnpackRequest, onProgress: (blobBytes: number) => void, signal: AbortSignal): Promise<Unpacked> {
    return this.attempt('unpackLayer', [request], async () => {
      signal.throwIfAborted();
      const blob = await readFile(request.blobPath);
      const tar = blob[0] === 0x1f ? gunzipSync(blob) : blob;
      await writeFile(`${request.directory}/unpacked`, '');
      onProgress(blob.length);
      return { digest: sha256(blob), diffId: sha256(tar), blobBytes: blob.length, tarBytes: tar.length, entries: 1 };
    });
  }

  /** A layer of nothing but the upper directory's names. */
  commitLayer(request: CommitRequest, onProgress: (tarBytes: number) => void, signal: AbortSignal): Promise<Unpacked> {
    return this.attempt('commitLayer', [request], async () => {
      signal.throwIfAborted();
      const names = (await readdir(request.source)).sort().join(' ');
      await writeFile(`${request.directory}/committed`, names);
      onProgress(names.length);
      const diffId = sha256(Buffer.from(names));
      return { digest: diffId, diffId, blobBytes: names.length, tarBytes: names.length, entries: 1 };
    });
  }

  /** The blob of what {@link commitLayer} has made. */
  packLayer(request: PackRequest): Promise<Unpacked> {
    return this.attempt('packLayer', [request], async () => {
      const names = await readFile(`${request.directory}/committed`);
      const blob = gzipSync(names);
      if (request.target !== null) await writeFile(request.target, blob);
      return { digest: sha256(blob), diffId: sha256(names), blobBytes: blob.length, tarBytes: names.length, entries: 1 };
    });
  }

  sendTree(): Promise<void> {
    return Promise.reject(new KernelError('send-tree', 38, 'ENOSYS', 'the recorder sends nothing'));
  }

  decompress(source: string, target: string, maxBytes: number): Promise<number> {
    return this.attempt('decompress', [source, target, maxBytes], () => Promise.resolve(0));
  }

  replaceFile(path: string, temporary: string, content: string): Promise<void> {
    return this.attempt('replaceFile', [path, temporary, content], () => writeAtomically(path, content));
  }

  removeTree(path: string): Promise<void> {
    return this.attempt('removeTree', [path], () => rm(path, { recursive: true, force: true }));
  }

  treeSize(path: string): Promise<number> {
    return this.attempt('treeSize', [path], () => Promise.resolve(4096));
  }

  private async runContainer(request: LaunchRequest): Promise<Launched> {
    await this.gate;
    return this.run(request.id, request.runDirectory, 'monitor', 'exit');
  }

  private async run(key: string, folder: string, name: string, exitName: string): Promise<Launched> {
    this.nextPid += 1;
    const monitor = await FakeMonitor.listen(folder, name, exitName, this.nextPid);
    this.monitors.set(key, monitor);
    return { pid: monitor.pid, startTimeTicks: monitor.startTimeTicks, monitorPid: monitor.pid + 100_000, steps: STEPS };
  }

  private attempt<T>(name: keyof Kernel, args: readonly unknown[], succeed: () => Promise<T>): Promise<T> {
    this.record(name, ...args);
    const failure = this.takeFailure(name);
    return failure === null ? succeed() : Promise.reject(failure);
  }

  private record(name: keyof Kernel, ...args: readonly unknown[]): void {
    this.calls.push({ name, args });
  }

  private takeFailure(name: keyof Kernel): KernelError | null {
    return this.failures.get(name)?.shift() ?? null;
  }
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
