// The kernel interface over the addon: the only file that loads it. Turns its failures into KernelErrors, abort signals into
// cancellations, and adds what needs no addon (processes, which /proc shows).
import { readlinkSync } from 'node:fs';
import type * as Addon from '../../native/index.js';
import { KernelError } from './kernel.js';
import type {
  CallerIdentity,
  CgroupStats,
  CommitRequest,
  ExecRequest,
  HostFeatures,
  Kernel,
  Launched,
  LaunchRequest,
  OpenedSource,
  ParkedLaunch,
  PackRequest,
  PeerIdentity,
  ProcessRecord,
  ReceiveBlobRequest,
  SendBlobRequest,
  SendTreeRequest,
  Unpacked,
  UnpackRequest,
} from './kernel.js';
import { readProcesses } from './processes.js';

export interface NativeKernelOptions {
  /** Absolute path of bulkhead.node. */
  readonly addonPath: string;
  /** An existing directory of the file system that layers are kept on: what can be idmapped depends on it. */
  readonly dataDirectory: string;
}

export class NativeKernel implements Kernel {
  private readonly addon: typeof Addon;
  private features: HostFeatures | undefined;

  /** Loads the addon: root's own code, whose path and parents the caller has checked. */
  constructor(private readonly options: NativeKernelOptions) {
    const module = { exports: {} };
    process.dlopen(module, options.addonPath);
    this.addon = module.exports as typeof Addon;
  }

  /** Probed once: a kernel does not change while it runs. */
  host(): HostFeatures {
    this.features ??= attempt(() => this.addon.hostFeatures(this.options.dataDirectory));
    return this.features;
  }

  peerIdentity(socketFd: number): PeerIdentity {
    return attempt(() => this.addon.peerIdentity(socketFd));
  }

  lockInstance(path: string): boolean {
    return attempt(() => this.addon.lockInstance(path));
  }

  async openAsCaller(identity: CallerIdentity, path: string, access: 'read' | 'write'): Promise<OpenedSource> {
    const opened = await settle(() => this.addon.openAsCaller(identity, path, access));
    try {
      return { ...opened, path: readlinkSync(`/proc/self/fd/${opened.fd}`) };
    } catch (error) {
      this.addon.closeDescriptor(opened.fd);
      throw error;
    }
  }

  closeDescriptor(fd: number): void {
    this.addon.closeDescriptor(fd);
  }

  receiveBlob(request: ReceiveBlobRequest, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<{ readonly digest: string }> {
    return untilAborted(() => this.addon.receiveBlob(request, onProgress), signal);
  }

  socketPair(): readonly [number, number] {
    return attempt(() => this.addon.socketPair());
  }

  launch(request: LaunchRequest): Promise<Launched> {
    return settle(() => this.addon.launch(request));
  }

  async park(request: LaunchRequest): Promise<ParkedLaunch> {
    const parked = await settle(() => this.addon.park(request));
    return {
      steps: parked.steps,
      release: () => attempt(() => parked.release()),
      outcome: () => attempt(() => parked.outcome()),
      discard: () => settle(() => parked.discard()),
    };
  }

  exec(request: ExecRequest): Promise<Launched> {
    return settle(() => this.addon.exec(request));
  }

  passDescriptor(monitorSocket: string, message: string, fd: number): Promise<void> {
    return settle(() => this.addon.passDescriptor(monitorSocket, message, fd));
  }

  signalProcess(pid: number, startTimeTicks: number, signal: number): void {
    attempt(() => this.addon.signalProcess(pid, startTimeTicks, signal));
  }

  processExists(pid: number, startTimeTicks: number): boolean {
    return attempt(() => this.addon.processExists(pid, startTimeTicks));
  }

  processes(pids: readonly number[]): Promise<readonly ProcessRecord[]> {
    return readProcesses(pids);
  }

  cgroupFreeze(path: string, frozen: boolean): Promise<void> {
    return settle(() => this.addon.cgroupFreeze(path, frozen));
  }

  cgroupKill(path: string): Promise<void> {
    return settle(() => this.addon.cgroupKill(path));
  }

  cgroupRemove(path: string): Promise<void> {
    return settle(() => this.addon.cgroupRemove(path));
  }

  cgroupProcesses(path: string): readonly number[] {
    return attempt(() => this.addon.cgroupProcesses(path));
  }

  cgroupUpdate(path: string, resources: string): Promise<void> {
    return settle(() => this.addon.cgroupUpdate(path, resources));
  }

  cgroupStats(path: string): CgroupStats {
    return attempt(() => this.addon.cgroupStats(path));
  }

  cgroupChildren(path: string): readonly string[] {
    return attempt(() => this.addon.cgroupChildren(path));
  }

  unpackLayer(request: UnpackRequest, onProgress: (blobBytes: number) => void, signal: AbortSignal): Promise<Unpacked> {
    return untilAborted(() => this.addon.unpackLayer(request, onProgress), signal);
  }

  commitLayer(request: CommitRequest, onProgress: (tarBytes: number) => void, signal: AbortSignal): Promise<Unpacked> {
    return untilAborted(() => this.addon.commitLayer(request, onProgress), signal);
  }

  packLayer(request: PackRequest, onProgress: (tarBytes: number) => void, signal: AbortSignal): Promise<Unpacked> {
    return untilAborted(() => this.addon.packLayer(request, onProgress), signal);
  }

  sendTree(request: SendTreeRequest, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<void> {
    return untilAborted(() => this.addon.sendTree(request, onProgress), signal);
  }

  sendBlob(request: SendBlobRequest, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<void> {
    return untilAborted(() => this.addon.sendBlob(request, onProgress), signal);
  }

  decompress(source: string, target: string, maxBytes: number): Promise<number> {
    return settle(() => this.addon.decompress(source, target, maxBytes));
  }

  replaceFile(path: string, temporary: string, content: string): Promise<void> {
    return settle(() => this.addon.replaceFile(path, temporary, content));
  }

  removeTree(path: string): Promise<void> {
    return settle(() => this.addon.removeTree(path));
  }

  treeSize(path: string): Promise<number> {
    return settle(() => this.addon.treeSize(path));
  }
}

function attempt<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw asKernelError(error);
  }
}

async function settle<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw asKernelError(error);
  }
}

/** Anything but a KernelFailure is a bug: it stays what it is. */
function asKernelError(error: unknown): unknown {
  if (!isKernelFailure(error)) return error;
  return new KernelError(error.step, error.errno, error.errnoName, error.object, error.steps);
}

function isKernelFailure(error: unknown): error is Addon.KernelFailure {
  return error instanceof Error && 'step' in error && 'errno' in error && typeof error.step === 'string';
}

/** What `begin` has begun, told to stop once `signal` says so. */
async function untilAborted<T>(begin: () => { readonly done: Promise<T>; cancel(): void }, signal: AbortSignal): Promise<T> {
  const work = attempt(begin);
  const cancel = (): void => {
    work.cancel();
  };
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    return await settle(() => work.done);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
