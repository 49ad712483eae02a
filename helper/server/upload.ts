// One upload on its way from the client's connection to the handler that reads it: whichever comes first waits for the other.
import type { Socket } from 'node:net';
import { Failure } from '../engine/failure.js';
import { STREAM_TOKEN_LIFE_MS } from '../policy/limits.js';

export class Upload {
  private readonly connected = deferred<Socket>();
  private claimExpiry: NodeJS.Timeout | null = null;
  private isClaimed = false;

  /** `forget`: nobody can claim it any more. */
  constructor(private readonly forget: () => void) {
    // Nobody need be waiting when it fails.
    this.connected.promise.catch(() => undefined);
  }

  /** The client is there; its bytes wait in the kernel until somebody reads. */
  connect(socket: Socket): void {
    this.connected.resolve(socket);
    if (this.isClaimed) return;
    this.claimExpiry = setTimeout(() => {
      this.forget();
      socket.destroy();
    }, STREAM_TOKEN_LIFE_MS).unref();
    socket.once('close', () => {
      if (!this.isClaimed) this.forget();
    });
  }

  async claim(signal: AbortSignal): Promise<Socket> {
    this.isClaimed = true;
    if (this.claimExpiry !== null) clearTimeout(this.claimExpiry);
    const aborted = deferred<never>();
    const abort = (): void => aborted.reject(new Failure('CANCELLED', { object: 'upload' }));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      return await Promise.race([this.connected.promise, aborted.promise]);
    } catch (error) {
      // Whoever connects late finds nobody.
      void this.connected.promise.then((socket) => socket.destroy()).catch(() => undefined);
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** The token has not been redeemed in time. */
  expire(): void {
    this.forget();
    this.connected.reject(new Failure('NOT_FOUND', { object: 'upload', reason: 'no client has connected for it' }));
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: Error): void;
}

/** Promise.withResolvers, which comes with Node 22. */
function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: Error) => void = () => undefined;
  const promise = new Promise<T>((fulfil, fail) => {
    resolve = fulfil;
    reject = fail;
  });
  return { promise, resolve, reject };
}
