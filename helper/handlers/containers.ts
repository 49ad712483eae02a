// container/*: finds what the request names, lets the engine act, answers with how it is now.
import type { MethodName } from '../../protocol/methods.js';
import type { ContainerSummary } from '../../protocol/containers.js';
import type { Container } from '../engine/containers/container.js';
import { isActive } from '../engine/containers/state.js';
import type { Engine } from '../engine/engine.js';
import { wrongState } from '../engine/failure.js';
import type { Call, Handlers } from './call.js';
import { mustBeAllowed } from './power.js';
import { toContainerId, toDetails, toImageSummary, toStats, toSummary } from './wire.js';

type StreamMethod = 'container/exec' | 'container/attach' | 'container/resize' | 'container/logs' | 'container/export';
type ContainerMethod = Exclude<Extract<MethodName, `container/${string}`>, StreamMethod>;

export function containerHandlers(engine: Engine): Pick<Handlers, ContainerMethod> {
  const { registry, lifecycle, stopping, restarting, removing, changing, observing, creating, committing } = engine;
  const find = (call: Call, { container }: { container: string }): Container => registry.find(call.caller, container);
  const timeout = (container: Container, { timeoutMs }: { timeoutMs?: number | undefined }) => timeoutMs ?? container.record.spec.stopTimeoutMs;

  /** Finds it, acts, and answers with how it is now. */
  const acting =
    <P extends { container: string }>(act: (container: Container, params: P, call: Call) => Promise<void>) =>
    async (call: Call, params: P): Promise<ContainerSummary> => {
      const container = find(call, params);
      await act(container, params, call);
      return toSummary(container.record);
    };

  return {
    'container/create': async ({ caller }, { spec }) => toSummary((await creating.create(caller, spec)).record),
    'container/start': acting((container, _params, call) => {
      mustBeAllowed(call, container);
      return lifecycle.start(container, call.caller);
    }),
    'container/stop': acting((container, params) => stopping.stop(container, timeout(container, params))),
    'container/restart': acting((container, params, call) => {
      mustBeAllowed(call, container);
      return restarting.restart(container, call.caller, timeout(container, params));
    }),
    'container/kill': acting((container, { signal }) => stopping.kill(container, signal)),
    'container/pause': acting((container) => stopping.pause(container)),
    'container/unpause': acting((container) => stopping.unpause(container)),
    'container/rename': acting((container, { name }) => changing.rename(container, name)),
    'container/update': acting((container, { limits, restart }, { caller }) => changing.update(container, caller, { limits, restart })),
    'container/remove': async (call, params) => {
      await removing.remove(find(call, params), params.force);
      return {};
    },
    'container/inspect': async (call, params) => toDetails(await observing.inspect(find(call, params))),
    'container/list': ({ caller }, { all }) => {
      const visible = registry.visibleTo(caller).filter(({ state }) => all || isActive(state));
      return Promise.resolve({ containers: visible.map(({ record }) => toSummary(record)) });
    },
    'container/wait': async (call, params) => ({ exit: await observing.wait(find(call, params), call.signal) }),
    'container/stats': (call, params) => Promise.resolve(toStats(observing.stats(find(call, params)))),
    'container/top': async (call, params) => ({ processes: [...(await observing.top(find(call, params)))] }),
    'container/commit': async (call, params) => {
      const { progressToken, reference, changes, author, message, pause } = params;
      const onProgress = (doneBytes: number) => call.progress(progressToken, { doneBytes });
      const options = { reference, changes, author, message, pause, onProgress, signal: call.signal };
      return toImageSummary(await committing.commit(call.caller, find(call, params), options));
    },
    'container/prune': async ({ caller }) => {
      const { removed, reclaimedBytes } = await removing.prune(caller);
      return { removed: removed.map(toContainerId), reclaimedBytes };
    },
  };
}

/** For what only a container that runs can do. */
export function mustRun(container: Container): void {
  const { state, record } = container;
  if (state.status !== 'running' && state.status !== 'paused' && state.status !== 'stopping') {
    throw wrongState(record.name, `it is ${state.status}`);
  }
}
