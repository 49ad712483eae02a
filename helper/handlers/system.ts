// system/*: who the helper and its host are.
import os from 'node:os';
import type { MethodName } from '../../protocol/methods.js';
import { PROTOCOL_VERSION } from '../../protocol/version.js';
import { isLive } from '../engine/containers/state.js';
import type { Engine } from '../engine/engine.js';
import type { Handlers } from './call.js';

/** Of the kernel's features, those that a client is told. */
export interface HostDescription {
  readonly kernelRelease: string;
  readonly cgroup: 'v2' | 'hybrid' | 'v1';
  readonly controllers: readonly string[];
}

/** What does not change while the helper runs. */
export interface HelperFacts {
  readonly helperVersion: string;
  readonly startedMs: number;
  readonly host: HostDescription;
  /** Things that the host lacks and what follows from it, as sentences. */
  readonly warnings: readonly string[];
}

export function systemHandlers(engine: Engine, facts: HelperFacts): Pick<Handlers, Extract<MethodName, `system/${string}`>> {
  return {
    'system/ping': () => Promise.resolve({}),
    'system/info': ({ caller }) =>
      Promise.resolve({
        protocolVersion: PROTOCOL_VERSION,
        helperVersion: facts.helperVersion,
        startedMs: facts.startedMs,
        caller: { uid: caller.uid, role: caller.role },
        host: hostInfo(facts),
        counts: counts(engine, caller),
      }),
    'system/audit': async ({ caller, audit }, { tail, uid }) => ({ records: await audit.tail(uid ?? caller.uid, tail) }),
  };
}

function hostInfo({ host, warnings }: HelperFacts) {
  return {
    kernelRelease: host.kernelRelease,
    architecture: os.arch(),
    cpus: os.cpus().length || 1,
    memoryBytes: os.totalmem(),
    cgroup: host.cgroup,
    controllers: [...host.controllers],
    warnings: [...warnings],
  };
}

function counts(engine: Engine, caller: Parameters<Engine['registry']['visibleTo']>[0]) {
  const containers = engine.registry.visibleTo(caller);
  const running = containers.filter(({ state }) => isLive(state)).length;
  return { containers: containers.length, running, images: engine.images.visibleTo(caller).length };
}
