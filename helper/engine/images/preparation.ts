// What an import and a pull have in common: they make images ready in a staging folder, which are then committed as one change.
import type { ImageContent } from './image.js';

export interface PreparedImage {
  readonly content: ImageContent;
  /** As the archive or the puller names it; not yet checked. */
  readonly names: readonly string[];
  readonly blobs: readonly PreparedBlob[];
}

export interface PreparedBlob {
  readonly digest: string;
  /** Verified, waiting in the staging folder; null: the store had it, so it was not verified. */
  readonly file: string | null;
}

export interface Preparation {
  /** Everything verified, the layers unpacked and pinned, nothing named yet. */
  prepare(): Promise<readonly PreparedImage[]>;
  /** Lets go of the layers. */
  end(): void;
}
