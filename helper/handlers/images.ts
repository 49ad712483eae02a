// image/*: wire ↔ engine.
import type { MethodName } from '../../protocol/methods.js';
import type { Engine } from '../engine/engine.js';
import type { Handlers } from './call.js';
import { toImageDetails, toImageId, toImageSummary } from './wire.js';

export function imageHandlers({ images }: Engine): Pick<Handlers, Exclude<Extract<MethodName, `image/${string}`>, `image/${'pull' | 'cancelPull'}`>> {
  return {
    'image/upload': (call) => Promise.resolve({ token: call.streams.issue(call.caller, { kind: 'upload' }) }),
    'image/import': async (call, { upload, sizeBytes, reference, progressToken }) => {
      const imported = await images.import(call.caller, {
        upload: await call.streams.claimUpload(call.caller, upload, call.signal),
        announcedBytes: sizeBytes,
        reference,
        onProgress: (progress) => call.progress(progressToken, progress),
        signal: call.signal,
      });
      return { images: imported.map(toImageSummary) };
    },
    'image/list': ({ caller }) => Promise.resolve({ images: images.visibleTo(caller).map(toImageSummary) }),
    'image/inspect': async ({ caller }, { image }) => {
      const found = images.find(caller, image);
      return toImageDetails(found, await images.historyOf(found));
    },
    'image/remove': async ({ caller }, { image, force, allNames }) => {
      const { untagged, deleted } = await images.remove(caller, image, force, allNames);
      return { untagged: [...untagged], deleted: deleted.map(toImageId) };
    },
    'image/tag': async ({ caller }, { image, reference }) => toImageSummary(await images.tag(caller, image, reference)),
  };
}
