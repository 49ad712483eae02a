// One verb for several containers: all at once, and every failure is told.
import type { ContainerSummary } from '../../protocol/containers.js';
import type { MethodName } from '../../protocol/methods.js';
import { SeveralError } from '../client/callError.js';
import type { Services } from '../services.js';
import { withViewProgress } from '../ui/progress.js';

export const CONTAINERS_VIEW = 'bulkhead.containers';
export const IMAGES_VIEW = 'bulkhead.images';
export const REGISTRIES_VIEW = 'bulkhead.registries';

/** @throws the first failure, or where there were more a SeveralError of it, after all have been tried; the others go to the log. */
export async function forEach<T>({ log }: Services, viewId: string, targets: readonly T[], act: (target: T) => Promise<unknown>): Promise<void> {
  if (targets.length === 0) return;
  const results = await withViewProgress(viewId, () => Promise.allSettled(targets.map(act)));
  const [first, ...others] = results
    .filter((result) => result.status === 'rejected')
    .map(({ reason }): Error => (reason instanceof Error ? reason : new Error('failed', { cause: reason })));
  for (const other of others) log.error(other);
  if (first !== undefined) throw others.length === 0 ? first : new SeveralError(first, others.length + 1, targets.length);
}

/** The methods whose params are a container and no more. */
type TargetMethod = Extract<MethodName, 'container/start' | 'container/stop' | 'container/restart' | 'container/pause' | 'container/unpause'>;

export function callForEach(services: Services, method: TargetMethod, targets: readonly ContainerSummary[]): Promise<void> {
  return forEach(services, CONTAINERS_VIEW, targets, ({ id }) => services.client.call(method, { container: id }));
}
