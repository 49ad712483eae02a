// image/*: wire ↔ engine.
import type { Writable } from 'node:stream';
import type { MethodName } from '../../protocol/methods.js';
import type { Engine } from '../engine/engine.js';
import { sizesOf } from '../engine/images/catalog.js';
import type { Handlers } from './call.js';
import { toImageDetails, toImageId, toImageSummary } from './wire.js';

export function imageHandlers({
  images,
  packing,
}: Engine): Pick<Handlers, Exclude<Extract<MethodName, `image/${string}`>, `image/${'pull' | 'cancelPull' | 'push'}`>> {
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
    'image/save': async (call, { images: references }) => {
      const saved = await packing.save(call.caller, references, call.signal);
      const release = () => saved.release();
      try {
        const serve = (sink: Writable, signal: AbortSignal) => saved.archive.write(sink, signal).finally(release);
        return { token: call.streams.issue(call.caller, { kind: 'serve', serve, abandoned: release }), sizeBytes: saved.archive.sizeBytes };
      } catch (error) {
        release();
        throw error;
      }
    },
    'image/prune': async ({ caller }, { all, untilMs, dryRun }) => {
      const pruned = await images.prune(caller, { all, beforeMs: untilMs, dryRun });
      return { images: pruned.images.map(toImageSummary), freedBytes: pruned.freedBytes };
    },
    'image/usage': ({ caller }) => {
      const usage = images.usage(caller);
      const sizes = new Map(usage.flatMap(({ image }) => sizesOf(image.content)));
      return Promise.resolve({
        images: usage.map(({ image, ownBytes, sharedBytes, users }) => ({ id: toImageId(image.content.id), ownBytes, sharedBytes, containers: [...users] })),
        totalBytes: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0),
      });
    },
    'image/tag': async ({ caller }, { image, reference }) => toImageSummary(await images.tag(caller, image, reference)),
  };
}
