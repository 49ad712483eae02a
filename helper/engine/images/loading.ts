// Reads the content of the store's images at the helper's start. One that can't be read is left as it is, and said. Layers that have no
// folder (an earlier version named them otherwise; a disk was mended) are unpacked anew from their blobs.
import { mapBounded } from '../../store/bounded.js';
import type { ImageStore } from '../../store/imageStore.js';
import type { IndexEntry } from '../../store/imageIndex.js';
import { logFailure, type Log } from '../log.js';
import { imageContent } from './content.js';
import { decodeDocument, imageConfig, imageManifest } from './documents.js';
import { sha256 } from './digest.js';
import type { ImageContent } from './image.js';
import type { Layers } from './layers.js';

export async function loadContents(store: ImageStore, layers: Layers, entries: readonly IndexEntry[], log: Log): Promise<ReadonlyMap<string, ImageContent>> {
  const digests = [...new Set(entries.map(({ digest }) => digest))];
  const loaded = await mapBounded(digests, (digest) => loadOne(store, digest, log));
  const contents = new Map<string, ImageContent>();
  for (const content of loaded) if (content !== null && (await hasLayers(store, layers, content, log))) contents.set(content.id, content);
  return contents;
}

const NEVER = new AbortController().signal;

/** Whether all of its layers have folders, in the end. */
async function hasLayers(store: ImageStore, layers: Layers, content: ImageContent, log: Log): Promise<boolean> {
  try {
    for (const [at, { digest, diffId, chainId }] of content.layers.entries()) {
      if (await store.hasLayer(chainId)) continue;
      const below = content.layers.slice(0, at).map((layer) => layer.digest);
      const { unpin } = await layers.unpack({ file: store.blobPath(digest), digest, diffId }, below, () => undefined, NEVER);
      // Nothing is collected before all are loaded.
      unpin();
    }
    return true;
  } catch (error) {
    logFailure(log, 'an image’s layer can’t be unpacked; the image is left as it is', { image: content.id })(error);
    return false;
  }
}

async function loadOne(store: ImageStore, digest: string, log: Log): Promise<ImageContent | null> {
  try {
    const manifestBytes = await store.readBlob(digest);
    if (sha256(manifestBytes) !== digest) throw new Error('its manifest does not have its digest');
    const manifest = decodeDocument(imageManifest, manifestBytes, digest);
    const config = decodeDocument(imageConfig, await store.readBlob(manifest.config.digest), manifest.config.digest);
    return imageContent({ digest, sizeBytes: manifestBytes.length }, manifest, config);
  } catch (error) {
    logFailure(log, 'an image of the store can’t be read; it is left as it is', { image: digest })(error);
    return null;
  }
}
