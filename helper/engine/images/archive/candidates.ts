// The images of one archive: each once, with all names that the archive gives it, and no more of them than an import may hold.
import { Failure } from '../../failure.js';
import type { Candidate } from './candidate.js';

export class Candidates {
  private readonly byKey = new Map<string, { readonly candidate: Candidate; readonly names: Set<string> }>();

  constructor(private readonly maxImages: number) {}

  /** `key`: what makes it the same image. Throws LIMIT. */
  add(key: string, candidate: Candidate): void {
    const known = this.byKey.get(key) ?? { candidate, names: new Set<string>() };
    for (const name of candidate.names) known.names.add(name);
    this.byKey.set(key, known);
    if (this.byKey.size > this.maxImages) throw new Failure('LIMIT', { reason: `an archive can hold ${this.maxImages} images` });
  }

  all(): readonly Candidate[] {
    return [...this.byKey.values()].map(({ candidate, names }) => ({ ...candidate, names: [...names] }));
  }
}
