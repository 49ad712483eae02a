// How the engine asks registries: it neither speaks HTTP nor parses what they say; a process without rights does (helper/registry).
import type { Method, Params, Result } from '../../registry/contract.js';

export interface RegistryAccess {
  /** Throws a Failure: REGISTRY, CANCELLED, LIMIT. */
  call<M extends Exclude<Method, 'blob'>>(uid: number, method: M, params: Params<M>, signal: AbortSignal): Promise<Result<M>>;
  /** As {@link call}; `receive` takes the bytes, from `offset` on, from a connected socket's descriptor, which is not its to close. */
  blob<T>(uid: number, params: Omit<Params<'blob'>, 'lane'>, signal: AbortSignal, receive: (fd: number, signal: AbortSignal) => Promise<T>): Promise<T>;
  close(): void;
}
