// The connection to the helper that outlives its breaks: it connects, checks versions, subscribes, resyncs, and begins again.
// The world that the helper pushes goes to a WorldSink; what is shown is not its business.
import { Emitter } from 'vscode-jsonrpc/node';
import type { Delta, Snapshot } from '../../protocol/events.js';
import type { MethodName, ParamsInput, Result } from '../../protocol/methods.js';
import { PROTOCOL_VERSION } from '../../protocol/version.js';
import { Backoff } from './backoff.js';
import { CallError, DisconnectedError } from './callError.js';
import { isCompatible, type HelperState } from './helperState.js';
import { Session, type Caller, type CallOptions } from './session.js';
import { connectSocket, UnreachableError } from './socket.js';
import { SocketWatcher } from './socketWatcher.js';

/** Takes the snapshot and the deltas. `gap`: a delta was missed, send another snapshot. */
export interface WorldSink {
  reset(snapshot: Snapshot): void;
  apply(delta: Delta): 'applied' | 'stale' | 'gap';
  clear(): void;
}

export interface ClientLog {
  info(message: string): void;
  warn(message: string): void;
}

/** What a helper that works needs to say who it is, on a machine that is busy. */
const GREETING_MS = 10_000;

export class HelperClient implements Caller {
  private readonly changed = new Emitter<HelperState>();
  private readonly backoff = new Backoff();
  private session: Session | undefined;
  private watcher: SocketWatcher | undefined;
  private timer: NodeJS.Timeout | undefined;
  private generation = 0;
  private attempting: number | undefined;
  private current: HelperState = { status: 'connecting' };
  private resyncing = false;
  readonly onDidChangeState = this.changed.event;

  constructor(
    private path: string,
    private readonly sink: WorldSink,
    private readonly log: ClientLog,
    private readonly greetingMs = GREETING_MS,
  ) {}

  get state(): HelperState {
    return this.current;
  }

  get socketPath(): string {
    return this.path;
  }

  /** Begins to connect, and keeps at it until {@link dispose}. With a path: there from now on. */
  connect(socketPath = this.path): void {
    if (socketPath !== this.path) this.sink.clear();
    this.path = socketPath;
    this.stop();
    this.backoff.reset();
    this.setState({ status: 'connecting' });
    void this.attempt(this.generation);
  }

  async call<M extends MethodName>(method: M, params: ParamsInput<M>, options?: CallOptions): Promise<Result<M>> {
    await this.settled();
    if (this.session === undefined) throw new DisconnectedError(method);
    return this.session.call(method, params, options);
  }

  /** The state, once it is known whether there is a helper. */
  settled(): Promise<HelperState> {
    if (this.current.status !== 'connecting') return Promise.resolve(this.current);
    return new Promise((resolve) => {
      const subscription = this.onDidChangeState((state) => {
        if (state.status === 'connecting') return;
        subscription.dispose();
        resolve(state);
      });
    });
  }

  onProgress<T>(token: string, listener: (value: T) => void): { dispose(): void } {
    return this.session?.onProgress(token, listener) ?? { dispose: () => undefined };
  }

  dispose(): void {
    this.stop();
    this.changed.dispose();
  }

  private stop(): void {
    this.generation += 1;
    clearTimeout(this.timer);
    this.watcher?.dispose();
    this.watcher = undefined;
    this.session?.dispose();
    this.session = undefined;
  }

  /** A step of an attempt that `stop` has overtaken does nothing: that is what `generation` is for. */
  private async attempt(generation: number): Promise<void> {
    this.attempting = generation;
    try {
      const session = new Session(await connectSocket(this.path));
      if (generation !== this.generation) return session.dispose();
      await this.orUnresponsive(session, this.greet(session, generation));
    } catch (error) {
      if (generation === this.generation) this.failed(error, generation);
    } finally {
      if (this.attempting === generation) this.attempting = undefined;
    }
  }

  /** One that was stopped, or hangs, still has its connections taken by the kernel. */
  private async orUnresponsive(session: Session, greeting: Promise<void>): Promise<void> {
    const silence = new AbortController();
    const timer = setTimeout(() => {
      silence.abort();
      session.dispose();
    }, this.greetingMs);
    try {
      await greeting;
    } catch (error) {
      throw silence.signal.aborted ? new UnreachableError('unresponsive', this.path) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  private async greet(session: Session, generation: number): Promise<void> {
    this.session = session;
    session.onDidClose(() => generation === this.generation && this.lost(generation));
    const info = await session.call('system/info', {});
    if (generation !== this.generation) return;
    if (!isCompatible(PROTOCOL_VERSION, info.protocolVersion)) return this.refuse(info.helperVersion, info.protocolVersion);
    session.onDelta((delta) => this.take(delta, session));
    await this.resync(session);
    if (generation !== this.generation) return;
    this.watcher?.dispose();
    this.backoff.reset();
    this.log.info(`connected to helper ${info.helperVersion} at ${this.path}`);
    this.setState({ status: 'ready', info });
  }

  private refuse(helperVersion: string, protocolVersion: string): void {
    this.stop();
    this.log.warn(`helper ${helperVersion} speaks protocol ${protocolVersion}, this extension ${PROTOCOL_VERSION}`);
    this.setState({ status: 'incompatible', helperVersion, protocolVersion });
    this.retryLater(this.generation);
  }

  private take(delta: Delta, session: Session): void {
    if (this.resyncing || this.sink.apply(delta) !== 'gap') return;
    this.log.warn(`missed a change before ${delta.sequence}: asking for everything again`);
    this.resync(session).catch(() => session.dispose());
  }

  private async resync(session: Session): Promise<void> {
    this.resyncing = true;
    try {
      const snapshot = await session.call('events/subscribe', {});
      if (session === this.session) this.sink.reset(snapshot);
    } finally {
      this.resyncing = false;
    }
  }

  private lost(generation: number): void {
    this.session = undefined;
    // While it is greeted: the attempt fails by it, and tries again.
    if (this.attempting === generation) return;
    if (this.current.status === 'ready') {
      this.log.warn('lost the connection to the helper');
      this.setState({ status: 'connecting' });
    }
    this.retryLater(generation);
  }

  private failed(error: unknown, generation: number): void {
    this.session?.dispose();
    this.session = undefined;
    const state = stateOf(error);
    if (JSON.stringify(state) !== JSON.stringify(this.current)) this.log.warn(`could not connect: ${String(error)}`);
    this.setState(state);
    this.retryLater(generation);
  }

  private retryLater(generation: number): void {
    if (generation !== this.generation) return;
    clearTimeout(this.timer);
    this.watcher ??= new SocketWatcher(this.path, () => {
      this.backoff.reset();
      this.retryNow(generation);
    });
    this.timer = setTimeout(() => this.retryNow(generation), this.backoff.nextMs());
  }

  private retryNow(generation: number): void {
    if (generation !== this.generation || this.attempting === generation || this.session !== undefined) return;
    clearTimeout(this.timer);
    void this.attempt(generation);
  }

  /** While it connects again, what it last knew stays: a helper that restarts does not make the views blink. */
  private setState(state: HelperState): void {
    if (state.status !== 'ready' && state.status !== 'connecting') this.sink.clear();
    this.current = state;
    this.changed.fire(state);
  }
}

function stateOf(error: unknown): HelperState {
  if (error instanceof UnreachableError) return { status: 'unreachable', why: error.why };
  if (error instanceof CallError && error.data.code === 'DENIED') return { status: 'denied', reason: error.data.reason ?? '' };
  return { status: 'unreachable', why: 'refused' };
}
