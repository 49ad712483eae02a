// What one import may cost. The numbers are the policy's.
import type { LayerLimits } from '../../kernel/kernel.js';

export interface ImageLimits {
  /** Bytes of one upload, as it comes. */
  readonly maxUploadBytes: number;
  /** Members of an archive of images. */
  readonly maxMembers: number;
  /** Of each layer, unpacked. */
  readonly layer: LayerLimits;
  /** Images of one owner. */
  readonly maxImages: number;
  /** Names of all his images together; so many can be in one archive, too. */
  readonly maxNames: number;
  /** Images in one archive. */
  readonly maxImportImages: number;
  /** Bytes of the documents (indexes, manifests, configs) of one archive that are read. */
  readonly maxImportDocumentBytes: number;
  /** Bytes of blobs of the images of one owner who is no admin; what several of his images share counts once. */
  readonly maxOwnerBytes: number;
  /** Bytes of manifests and configs of the images of one owner who is no admin: they are kept in memory. */
  readonly maxOwnerDocumentBytes: number;
  /** Imports of one uid that go on at the same time. */
  readonly maxImports: number;
  readonly maxPulls: number;
}
