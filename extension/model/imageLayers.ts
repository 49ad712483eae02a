// The layers of an image, each with the instruction that made it, out of the image's history. Pure.
import type { ImageDetails } from '../../protocol/images.js';

export interface LayerRow {
  readonly digest: string;
  readonly sizeBytes: number;
  /** Empty: the history does not say. */
  readonly command: string;
}

/** The lowest first. A history that does not tell of each layer tells of none. */
export function layerRows({ layers, history }: Pick<ImageDetails, 'layers' | 'history'>): LayerRow[] {
  const made = history.filter(({ emptyLayer }) => !emptyLayer);
  const isComplete = made.length === layers.length;
  return layers.map(({ digest, sizeBytes }, at) => ({ digest, sizeBytes, command: isComplete ? instruction(made[at]?.createdBy ?? '') : '' }));
}

/** It is the image's own word, of any length. */
const LONGEST = 1000;

/** As it stood in the Dockerfile, without what the builder put around it. */
export function instruction(createdBy: string): string {
  const text = createdBy.slice(0, LONGEST).replace(/\s+/g, ' ').trim();
  const [, noOperation] = /^\/bin\/sh -c #\(nop\) (.*)$/.exec(text) ?? [];
  const plain = noOperation?.trim() ?? text.replace(/^(?:RUN )?\/bin\/sh -c /, 'RUN ');
  return plain.replace(/ # buildkit$/, '');
}
