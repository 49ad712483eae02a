// Everything that the helper asks of Linux, as one interface. The real one is nativeKernel.ts (the only file that loads the
// addon); unit tests use a recorder of it.
import type {
  CallerIdentity,
  CgroupStats,
  CommitRequest,
  ExecRequest,
  HostFeatures,
  Launched,
  LaunchRequest,
  OpenedPath,
  ParkedLaunch,
  PackRequest,
  PeerIdentity,
  ReceiveBlobRequest,
  SendBlobRequest,
  SendTreeRequest,
  StepRecord,
  Unpacked,
  UnpackRequest,
} from '../../native/index.js';

export type * from '../../native/index.js';

/** A process as the host's /proc shows it. */
export interface ProcessRecord {
  readonly pid: number;
  readonly containerPid: number;
  readonly parentPid: number;
  readonly uid: number;
  readonly state: string;
  readonly cpuUs: number;
  readonly residentBytes: number;
  readonly startedMs: number;
  readonly command: string;
}

/** What has been opened for a caller, and where it is in this process's mount namespace. */
export interface OpenedSource extends OpenedPath {
  readonly path: string;
}

export interface Kernel {
  host(): HostFeatures;

  peerIdentity(socketFd: number): PeerIdentity;
  lockInstance(path: string): boolean;
  openAsCaller(identity: CallerIdentity, path: string, access: 'read' | 'write'): Promise<OpenedSource>;
  closeDescriptor(fd: number): void;
  socketPair(): readonly [number, number];

  launch(request: LaunchRequest): Promise<Launched>;
  park(request: LaunchRequest): Promise<ParkedLaunch>;
  exec(request: ExecRequest): Promise<Launched>;
  passDescriptor(monitorSocket: string, message: string, fd: number): Promise<void>;
  signalProcess(pid: number, startTimeTicks: number, signal: number): void;
  processExists(pid: number, startTimeTicks: number): boolean;
  processes(pids: readonly number[]): Promise<readonly ProcessRecord[]>;

  cgroupFreeze(path: string, frozen: boolean): Promise<void>;
  cgroupKill(path: string): Promise<void>;
  cgroupRemove(path: string): Promise<void>;
  cgroupProcesses(path: string): readonly number[];
  cgroupUpdate(path: string, resources: string): Promise<void>;
  cgroupStats(path: string): CgroupStats;
  cgroupChildren(path: string): readonly string[];

  unpackLayer(request: UnpackRequest, onProgress: (blobBytes: number) => void, signal: AbortSignal): Promise<Unpacked>;
  commitLayer(request: CommitRequest, onProgress: (tarBytes: number) => void, signal: AbortSignal): Promise<Unpacked>;
  packLayer(request: PackRequest, onProgress: (tarBytes: number) => void, signal: AbortSignal): Promise<Unpacked>;
  sendTree(request: SendTreeRequest, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<void>;
  sendBlob(request: SendBlobRequest, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<void>;
  receiveBlob(request: ReceiveBlobRequest, onProgress: (bytes: number) => void, signal: AbortSignal): Promise<{ readonly digest: string }>;
  decompress(source: string, target: string, maxBytes: number): Promise<number>;
  replaceFile(path: string, temporary: string, content: string): Promise<void>;
  removeTree(path: string): Promise<void>;
  treeSize(path: string): Promise<number>;
}

/** Thrown by every method above when the kernel (or the native core) says no. */
export class KernelError extends Error {
  constructor(
    readonly step: string,
    readonly errno: number,
    readonly errnoName: string,
    readonly object: string,
    readonly steps: readonly StepRecord[] = [],
  ) {
    super(`${step}: ${errnoName} (${object})`);
    this.name = 'KernelError';
  }
}
