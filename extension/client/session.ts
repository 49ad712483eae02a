// One live connection to the helper: typed calls, cancellation, progress, deltas. It ends once, and for good.
import type { Socket } from 'node:net';
import {
  CancellationTokenSource,
  createMessageConnection,
  Emitter,
  ParameterStructures,
  ProgressType,
  StreamMessageReader,
  StreamMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type { Delta, DELTA_NOTIFICATION } from '../../protocol/events.js';
import type { MethodName, ParamsInput, Result } from '../../protocol/methods.js';
import { AbortedError, DisconnectedError, toCallError } from './callError.js';

export interface CallOptions {
  /** Cancels the call at the helper; the promise is then rejected with an `AbortedError`. */
  readonly signal?: AbortSignal;
}

/** Calls of the protocol's methods. What commands are given. */
export interface Caller {
  /** @throws CallError, DisconnectedError, AbortedError */
  call<M extends MethodName>(method: M, params: ParamsInput<M>, options?: CallOptions): Promise<Result<M>>;
}

// A type-only import, and the compiler's check that the words are the same: the schemas' library stays out of the bundle.
const deltaNotification: typeof DELTA_NOTIFICATION = 'events/delta';

export class Session implements Caller {
  private readonly connection: MessageConnection;
  private readonly closed = new Emitter<void>();
  private readonly deltas = new Emitter<Delta>();
  private open = true;
  readonly onDidClose = this.closed.event;
  readonly onDelta = this.deltas.event;

  constructor(private readonly socket: Socket) {
    this.connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
    this.connection.onNotification(deltaNotification, (delta: Delta) => void this.deltas.fire(delta));
    this.connection.onClose(() => this.dispose());
    this.connection.onError(() => this.dispose());
    socket.on('error', () => this.dispose());
    this.connection.listen();
  }

  async call<M extends MethodName>(method: M, params: ParamsInput<M>, { signal }: CallOptions = {}): Promise<Result<M>> {
    if (!this.open) throw new DisconnectedError(method);
    if (isAborted(signal)) throw new AbortedError(method);
    const cancellation = new CancellationTokenSource();
    const cancel = () => cancellation.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const result: unknown = await this.connection.sendRequest(method, ParameterStructures.byName, params, cancellation.token);
      // The helper is trusted to answer by the table: it is the same version's, and root's.
      return result as Result<M>;
    } catch (error) {
      throw isAborted(signal) ? new AbortedError(method) : toCallError(method, params, error);
    } finally {
      signal?.removeEventListener('abort', cancel);
      cancellation.dispose();
    }
  }

  /** Values that the helper reports under `token`, until disposed of. */
  onProgress<T>(token: string, listener: (value: T) => void): { dispose(): void } {
    return this.connection.onProgress(new ProgressType<T>(), token, listener);
  }

  /** Rejects what is pending (vscode-jsonrpc does not by itself) and tells {@link onDidClose}. */
  dispose(): void {
    if (!this.open) return;
    this.open = false;
    this.connection.dispose();
    this.socket.destroy();
    this.closed.fire();
  }
}

/** A function, because the compiler takes a property that it once saw for unchanged after an `await`. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
