// The engine's way to registries: a confined process for each user, so that one's credentials are never in another's; kept a while,
// for a Node.js takes its time to start.
import { rmSync } from 'node:fs';
import { Failure } from '../engine/failure.js';
import type { RegistryAccess } from '../engine/images/registryAccess.js';
import type { Method, Params, Result } from '../registry/contract.js';
import { RegistryProcess, type RegistryProcessOptions } from './registryProcess.js';

const IDLE_MS = 120_000;
/** Of all users together. */
const MOST = 16;

export class ConfinedRegistryAccess implements RegistryAccess {
  private readonly processes = new Map<number, { readonly process: RegistryProcess; timer: NodeJS.Timeout | null }>();
  private readonly ending = new Set<Promise<void>>();

  /** What an earlier helper's processes have left is removed: they themselves are in groups that are swept at the opening. */
  constructor(private readonly options: RegistryProcessOptions) {
    rmSync(options.directory, { recursive: true, force: true });
  }

  async call<M extends Exclude<Method, 'blob' | 'upload'>>(uid: number, method: M, params: Params<M>, signal: AbortSignal): Promise<Result<M>> {
    return this.with(uid, (process) => process.call(method, params, signal));
  }

  async transfer<M extends 'blob' | 'upload', T>(
    uid: number,
    method: M,
    params: Omit<Params<M>, 'lane'>,
    signal: AbortSignal,
    work: (fd: number, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.with(uid, (process) => process.transfer(method, params, signal, work));
  }

  async close(): Promise<void> {
    for (const uid of [...this.processes.keys()]) this.drop(uid);
    await Promise.all(this.ending);
    rmSync(this.options.directory, { recursive: true, force: true });
  }

  private async with<T>(uid: number, work: (process: RegistryProcess) => Promise<T>): Promise<T> {
    const kept = this.processFor(uid);
    try {
      return await work(kept.process);
    } finally {
      if (!kept.process.isUsable) this.forget(uid, kept.process);
      else if (kept.process.isIdle) this.dropLater(uid, kept);
    }
  }

  private processFor(uid: number) {
    const kept = this.processes.get(uid);
    clearTimeout(kept?.timer ?? undefined);
    if (kept?.process.isUsable === true) return Object.assign(kept, { timer: null });
    this.makeRoom();
    const made = { process: new RegistryProcess(this.options), timer: null as NodeJS.Timeout | null };
    this.processes.set(uid, made);
    return made;
  }

  private makeRoom(): void {
    if (this.processes.size < MOST) return;
    const idle = [...this.processes].find(([, { process }]) => process.isIdle);
    if (idle === undefined) throw new Failure('LIMIT', { reason: `${MOST} users can ask registries at the same time` });
    this.drop(idle[0]);
  }

  private dropLater(uid: number, kept: { readonly process: RegistryProcess; timer: NodeJS.Timeout | null }): void {
    if (kept.timer !== null) clearTimeout(kept.timer);
    kept.timer = setTimeout(() => this.drop(uid), IDLE_MS);
    kept.timer.unref();
  }

  private drop(uid: number): void {
    const kept = this.processes.get(uid);
    this.processes.delete(uid);
    if (kept === undefined) return;
    clearTimeout(kept.timer ?? undefined);
    const gone = kept.process.close().finally(() => this.ending.delete(gone));
    this.ending.add(gone);
  }

  private forget(uid: number, process: RegistryProcess): void {
    if (this.processes.get(uid)?.process === process) this.drop(uid);
  }
}
