// One owner's image: a manifest in the store, the names that he gave it, and what a container needs to know of it.
import type { ImageDefaults } from '../../../protocol/images.js';
import type { Caller } from '../caller.js';

export interface ImageLayer {
  /** Of the blob as it came. */
  readonly digest: string;
  /** Of the tar inside, as the config says; whoever unpacks the layer checks it. */
  readonly diffId: string;
  /** Of this blob on top of all below: the name of its unpacked folder. */
  readonly chainId: string;
  readonly sizeBytes: number;
  readonly mediaType: string;
}

export interface HistoryEntry {
  readonly createdBy: string;
  readonly comment: string;
  readonly createdMs: number | null;
  readonly emptyLayer: boolean;
}

/** What manifest and config say: the same for every owner. */
export interface ImageContent {
  /** The digest of the manifest. */
  readonly id: string;
  readonly manifestBytes: number;
  readonly manifestMediaType: string;
  readonly configDigest: string;
  readonly architecture: string;
  readonly createdMs: number | null;
  /** Bytes of manifest, config and layers in the store. */
  readonly sizeBytes: number;
  /** Of manifest and config alone. */
  readonly documentBytes: number;
  readonly defaults: ImageDefaults;
  readonly layers: readonly ImageLayer[];
}

export interface Image {
  readonly ownerUid: number;
  /** `name:tag` each. */
  readonly references: readonly string[];
  readonly importedMs: number;
  readonly content: ImageContent;
}

/** Root's images are for everybody. */
export function canUse(caller: Caller, ownerUid: number): boolean {
  return ownerUid === 0 || ownerUid === caller.uid || caller.role === 'admin';
}
