// Reads the content of the store's images at the helper's start. One that can't be read is left as it is, and said.
import { mapBounded } from '../../store/bounded.js';
import type { ImageStore } from '../../store/imageStore.js';
import type { IndexEntry } from '../../store/imageIndex.js';
import { logFailure, type Log } from '../log.js';
import { imageContent } from './content.js';
import { decodeDocument, imageConfig, imageManifest } from './documents.js';
import { sha256 } from './digest.js';
import type { ImageContent } from './image.js';

export async function loadContents(store: ImageStore, entries: readonly IndexEntry[], log: Log): Promise<ReadonlyMap<string, ImageContent>> {
  const digests = [...new Set(entries.map(({ digest }) => digest))];
  const loaded = await mapBounded(digests, (digest) => loadOne(store, digest, log));
  return new Map(loaded.filter((content) => content !== null).map((content) => [content.id, content]));
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
