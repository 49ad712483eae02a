// registry/*, and pulls: wire ↔ engine.
import type { MethodName } from '../../protocol/methods.js';
import { parseImageName } from '../../protocol/reference.js';
import type { Engine } from '../engine/engine.js';
import { Failure } from '../engine/failure.js';
import { endpointOf } from '../engine/images/pull/pull.js';
import type { Handlers } from './call.js';
import { toImageId, toImageSummary } from './wire.js';

type Methods = Extract<MethodName, `registry/${string}`> | 'image/pull' | 'image/cancelPull' | 'image/push';

export function registryHandlers({ pulls, pushing, registryAccess }: Engine): Pick<Handlers, Methods> {
  return {
    'image/pull': async ({ caller, signal }, { references, registries, platform }) => {
      const { image, reference, isNew } = await pulls.pull(caller, { references, registries, platform, signal });
      return { image: toImageSummary(image), reference, isNew };
    },
    'image/cancelPull': ({ caller }, { id }) => {
      pulls.cancel(caller, id);
      return Promise.resolve({});
    },
    'image/push': async (call, { image, reference, registry, progressToken }) => {
      const onProgress = (progress: object) => call.progress(progressToken, progress);
      const pushed = await pushing.push(call.caller, { image, reference, registry, onProgress, signal: call.signal });
      return { ...pushed, digest: toImageId(pushed.digest) };
    },
    'registry/tags': ({ caller, signal }, { repository, access, most }) => {
      const name = parseImageName(repository);
      if (name === null) throw new Failure('INVALID_PARAMS', { field: 'repository', object: repository, reason: 'is not a name of an image' });
      return registryAccess.call(caller.uid, 'tags', { endpoint: endpointOf(access), repository: name.repository, most }, signal);
    },
    'registry/repositories': ({ caller, signal }, { access, most }) =>
      registryAccess.call(caller.uid, 'repositories', { endpoint: endpointOf(access), most }, signal),
    'registry/login': ({ caller, signal }, { access }) => registryAccess.call(caller.uid, 'check', { endpoint: endpointOf(access) }, signal),
  };
}
