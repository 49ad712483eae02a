// What the registry process has found, as the helper believes it: digests computed anew, documents decoded anew.
import type { Document as Sent, Result } from '../../../registry/contract.js';
import type { Document } from '../archive/candidate.js';
import { imageContent } from '../content.js';
import { sha256 } from '../digest.js';
import { CONFIG_MAX_BYTES, decodeDocument, DOCUMENT_MAX_BYTES, imageConfig, imageIndex, imageManifest } from '../documents.js';
import { invalidArchive } from '../../failure.js';
import type { ImageContent } from '../image.js';

export interface ResolvedImage {
  readonly manifest: Document;
  readonly config: Document;
  readonly content: ImageContent;
}

/** `pinned`: the digest that was asked for. Throws INVALID_ARCHIVE. */
export function resolvedImage({ indexes, manifest, config }: Result<'resolve'>, pinned: string | null): ResolvedImage {
  const chain = [...indexes, manifest].map((sent) => documentOf(sent, DOCUMENT_MAX_BYTES));
  checkChain(chain, pinned);
  const found = chain[chain.length - 1];
  if (found === undefined) throw invalidArchive('has no manifest');
  const decoded = decodeDocument(imageManifest, found.bytes, found.digest);
  const configDocument = documentOf(config, CONFIG_MAX_BYTES);
  if (configDocument.digest !== decoded.config.digest || configDocument.bytes.length !== decoded.config.size) {
    throw invalidArchive('its config is not the one that its manifest names', found.digest);
  }
  const decodedConfig = decodeDocument(imageConfig, configDocument.bytes, configDocument.digest);
  const content = imageContent({ digest: found.digest, sizeBytes: found.bytes.length }, decoded, decodedConfig);
  return { manifest: found, config: configDocument, content };
}

/** A digest that was asked for is that of the first document, and each document names the next. */
function checkChain(chain: readonly Document[], pinned: string | null): void {
  if (pinned !== null && chain[0]?.digest !== pinned) throw invalidArchive('is not what was asked for', pinned);
  for (const [at, { bytes, digest }] of chain.slice(0, -1).entries()) {
    const next = chain[at + 1]?.digest;
    const { manifests } = decodeDocument(imageIndex, bytes, digest);
    if (!manifests.some((named) => named.digest === next)) throw invalidArchive('its index does not name it', next);
  }
}

function documentOf({ base64 }: Sent, most: number): Document {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length > most) throw invalidArchive(`a document is longer than ${most} bytes`);
  return { digest: sha256(bytes), bytes };
}
