// What is the helper's own on this machine, and so nobody's to mount into a container: his store, his state, where his socket is.
// Who binds what is above them (root may: `/`) has them too.
import path from 'node:path';

export class OwnPlaces {
  /** `folders`: only they themselves, since others may keep things below them. `trees`: with all that is in them. */
  constructor(
    private readonly folders: readonly string[],
    private readonly trees: readonly string[],
  ) {}

  /** `place` is where the kernel has found it: absolute, without links. */
  has(place: string): boolean {
    return this.folders.includes(place) || this.trees.some((tree) => place === tree || place.startsWith(`${tree}${path.sep}`));
  }
}
