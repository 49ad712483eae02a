/** A sentence for each import that must not be, in the tree at `root` (the repository unless said). */
export function brokenBoundaries(root?: string): Iterable<string>;
