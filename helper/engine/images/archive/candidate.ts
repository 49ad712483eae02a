// An image that an archive holds, before its layers have been unpacked and verified.
import type { ImageConfig } from '../documents.js';

export interface CandidateLayer {
  readonly file: string;
  /** What the archive says of it; null: it says nothing. Verified when the layer is unpacked. */
  readonly digest: string | null;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly diffId: string;
}

/** A document as its bytes, which have been verified to be those of its digest. */
export interface Document {
  readonly digest: string;
  readonly bytes: Buffer;
}

export interface Candidate {
  /** As the archive names it; not yet checked. */
  readonly names: readonly string[];
  /** Null: the archive has none, one is made. */
  readonly manifest: Document | null;
  readonly config: Document;
  readonly decodedConfig: ImageConfig;
  readonly layers: readonly CandidateLayer[];
}
