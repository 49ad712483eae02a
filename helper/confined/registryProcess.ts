// One registry process: started as a container is, confined; asked by its control socket, heard as a stranger; ended for good.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { Failure } from '../engine/failure.js';
import type { Kernel } from '../kernel/kernel.js';
import type { HostFacts } from '../policy/hostFacts.js';
import { registryProcessConfig } from '../policy/registryProcess.js';
import type { RuntimeSpec } from '../policy/runtimeSpec.js';
import { answer, LANES, LINE_MAX, results, type Method, type Params, type Problem, type Result } from '../registry/contract.js';
import { readLines, writeLine } from '../registry/lines.js';
import { makePassable } from '../store/files.js';
import { authoritiesOfHost, seenOfHost, type Seen } from './sight.js';

export interface RegistryProcessOptions {
  readonly kernel: Kernel;
  readonly host: HostFacts;
  /** The bundled registry process. */
  readonly programPath: string;
  /** Root's own, for what each of them needs. */
  readonly directory: string;
  readonly cgroupParent: string;
  /** One has ended by itself; `words`: its last. */
  readonly onFailure: (reason: string, words: string) => void;
}

interface Waiting {
  settle(value: { readonly result: unknown } | { readonly problem: Problem } | { readonly lost: string }): void;
}

const WORDS_MAX = 4096;
const ENDED = 'it was ended';

export class RegistryProcess {
  /** Descriptors of the lanes that are free. */
  private readonly lanes: { readonly index: number; readonly fd: number }[] = [];
  private readonly waitingForLane: (() => void)[] = [];
  private readonly waiting = new Map<number, Waiting>();
  private readonly id = randomBytes(32).toString('hex');
  private readonly control: net.Socket;
  private readonly folder: string;
  private nextId = 0;
  private busyLanes = 0;
  /** Why it can't be asked any more. */
  private end: string | null = null;
  private readonly started: Promise<void>;
  private gone: Promise<void> = Promise.resolve();

  constructor(private readonly options: RegistryProcessOptions) {
    this.folder = path.join(options.directory, this.id);
    const pairs = Array.from({ length: 1 + LANES }, () => options.kernel.socketPair());
    const [own = -1] = pairs[0] ?? [];
    this.control = new net.Socket({ fd: own, readable: true, writable: true });
    readLines(
      this.control,
      LINE_MAX,
      (value) => this.hear(value),
      (reason) => this.lose(reason),
    );
    for (const [index, [fd]] of pairs.slice(1).entries()) this.lanes.push({ index, fd });
    const theirs = pairs.map(([, fd]) => fd);
    this.started = this.start(theirs).catch((error: unknown) => this.lose(error instanceof Error ? error.message : String(error)));
    for (const fd of theirs) options.kernel.closeDescriptor(fd);
  }

  get isUsable(): boolean {
    return this.end === null;
  }

  get isIdle(): boolean {
    return this.waiting.size === 0 && this.busyLanes === 0;
  }

  /** Throws a Failure: REGISTRY, CANCELLED. */
  async call<M extends Method>(method: M, params: Params<M>, signal: AbortSignal): Promise<Result<M>> {
    signal.throwIfAborted();
    if (this.end !== null) throw new Error(`the registry process is gone: ${this.end}`);
    const id = (this.nextId += 1);
    const cancel = () => writeLine(this.control, { cancel: id });
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await new Promise<Result<M>>((resolve, reject) => {
        this.waiting.set(id, { settle: (outcome) => settle(method, outcome, resolve, reject) });
        writeLine(this.control, { id, method, params });
      });
    } finally {
      signal.removeEventListener('abort', cancel);
      this.waiting.delete(id);
    }
  }

  /**
   * Lets `work` take a blob's bytes from a socket's descriptor, or give them to it, while they are sent. Whatever goes wrong, the socket is not used again:
   * what may still be in it is nobody's.
   */
  async transfer<M extends 'blob' | 'upload', T>(
    method: M,
    params: Omit<Params<M>, 'lane'>,
    signal: AbortSignal,
    work: (fd: number, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const lane = await this.takeLane(signal);
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    try {
      const sending = this.call(method, { ...params, lane: lane.index } as Params<M>, both);
      sending.catch((error: unknown) => stop.abort(error));
      const working = work(lane.fd, both);
      working.catch((error: unknown) => stop.abort(error));
      await sending;
      const result = await working;
      this.giveLane(lane);
      return result;
    } catch (error) {
      this.loseLane(lane.fd);
      signal.throwIfAborted();
      // Whichever came first has made the other fail.
      throw stop.signal.aborted ? stop.signal.reason : error;
    }
  }

  /** Ends it and all that it has, at once; resolves when nothing of it is left. */
  close(): Promise<void> {
    this.lose(ENDED);
    return this.gone;
  }

  private async start(theirs: readonly number[]): Promise<void> {
    const { kernel } = this.options;
    mkdirSync(path.join(this.folder, 'run'), { recursive: true, mode: 0o700 });
    await kernel.launch({
      id: this.id,
      config: JSON.stringify(this.config()),
      overlay: null,
      mountSources: [],
      user: null,
      requiredRlimits: [],
      runDirectory: path.join(this.folder, 'run'),
      logPath: this.logPath,
      openStdin: false,
      descriptors: theirs,
    });
  }

  private config(): RuntimeSpec {
    const { host, cgroupParent, programPath } = this.options;
    const rootDirectory = path.join(this.folder, 'rootfs');
    const seen: readonly Seen[] = [
      ...seenOfHost(),
      { source: process.execPath, at: '/node', isDirectory: false },
      { source: programPath, at: '/registry.js', isDirectory: false },
    ];
    makeRoot(rootDirectory, seen);
    const authorities = authoritiesOfHost();
    return registryProcessConfig({
      rootDirectory,
      cgroupPath: `${cgroupParent}/${this.id}`,
      host,
      sees: seen,
      command: ['/node', ...(authorities === null ? [] : ['--use-openssl-ca']), '--max-old-space-size=192', '/registry.js'],
      environment: authorities === null ? [] : [`SSL_CERT_FILE=${authorities}`],
    });
  }

  private get logPath(): string {
    return path.join(this.folder, 'log');
  }

  /** What it has said last, for the helper's log: in the CRI format, as it comes. */
  private words(): string {
    try {
      return readFileSync(this.logPath, 'utf8').slice(-WORDS_MAX);
    } catch {
      return '';
    }
  }

  private hear(value: unknown): void {
    const said = answer.safeParse(value);
    if (!said.success) return this.lose('it does not speak as it should');
    const { id, ...outcome } = said.data;
    this.waiting.get(id)?.settle(outcome);
  }

  private lose(reason: string): void {
    if (this.end !== null) return;
    this.end = reason;
    this.control.destroy();
    const { kernel, onFailure } = this.options;
    if (reason !== ENDED) onFailure(reason, this.words());
    this.gone = this.remove();
    for (const { fd } of this.lanes.splice(0)) kernel.closeDescriptor(fd);
    for (const wake of this.waitingForLane.splice(0)) wake();
    for (const waiting of [...this.waiting.values()]) waiting.settle({ lost: reason });
  }

  /** Also one that is only being started. */
  private async remove(): Promise<void> {
    const { kernel, cgroupParent, onFailure } = this.options;
    await this.started;
    await kernel.cgroupRemove(`${cgroupParent}/${this.id}`).catch((error: unknown) => onFailure('its cgroups could not be removed', String(error)));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async takeLane(signal: AbortSignal): Promise<{ readonly index: number; readonly fd: number }> {
    for (;;) {
      signal.throwIfAborted();
      if (this.end !== null) throw new Error(`the registry process is gone: ${this.end}`);
      const lane = this.lanes.shift();
      if (lane !== undefined) {
        this.busyLanes += 1;
        return lane;
      }
      await new Promise<void>((resolve) => {
        this.waitingForLane.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  private giveLane(lane: { readonly index: number; readonly fd: number }): void {
    this.busyLanes -= 1;
    if (this.end !== null) return this.options.kernel.closeDescriptor(lane.fd);
    this.lanes.push(lane);
    this.waitingForLane.shift()?.();
  }

  private loseLane(fd: number): void {
    this.busyLanes -= 1;
    this.options.kernel.closeDescriptor(fd);
    // Without a lane it is of no use; others that are under way go on.
    if (this.lanes.length + this.busyLanes === 0) this.lose('no socket is left for blobs');
  }
}

function settle<M extends Method>(
  method: M,
  outcome: { readonly result: unknown } | { readonly problem: Problem } | { readonly lost: string },
  resolve: (result: Result<M>) => void,
  reject: (error: unknown) => void,
): void {
  if ('lost' in outcome) return reject(new Error(`the registry process is gone: ${outcome.lost}`));
  if ('problem' in outcome) return reject(failureOf(outcome.problem));
  const parsed = results[method].safeParse(outcome.result);
  if (parsed.success) resolve(parsed.data as Result<M>);
  else reject(new Error('the registry process does not answer as it should'));
}

function failureOf(problem: Problem): Failure {
  if (problem.kind === 'cancelled') return new Failure('CANCELLED', { object: problem.host });
  return new Failure('REGISTRY', { object: problem.host, reason: problem.detail, registry: problem.kind });
}

/** Places to mount upon: the root is read-only, and the process has no right to make them. It passes through them as nobody. */
function makeRoot(root: string, seen: readonly Seen[]): void {
  makePassable(root);
  for (const { at, isDirectory } of [...seen, { at: '/proc', isDirectory: true }, { at: '/dev', isDirectory: true }]) {
    const place = path.join(root, at);
    makePassable(isDirectory ? place : path.dirname(place));
    if (!isDirectory) writeFileSync(place, '');
  }
}
