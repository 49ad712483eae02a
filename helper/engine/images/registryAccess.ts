// How the engine asks registries: it neither speaks HTTP nor parses what they say; a process without rights does (helper/registry).
import type { Method, Params, Result } from '../../registry/contract.js';

export interface RegistryAccess {
  /** Throws a Failure: REGISTRY, CANCELLED, LIMIT. */
  call<M extends Exclude<Method, 'blob' | 'upload'>>(uid: number, method: M, params: Params<M>, signal: AbortSignal): Promise<Result<M>>;
  /** As {@link call}; `work` takes the bytes from a connected socket's descriptor, or writes them to it. It is not its to close. */
  transfer<M extends 'blob' | 'upload', T>(
    uid: number,
    method: M,
    params: Omit<Params<M>, 'lane'>,
    signal: AbortSignal,
    work: (fd: number, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** Resolves when nothing of what asked is left. */
  close(): Promise<void>;
}
