// The members of an archive of images, as they lie in the staging folder: files of our own naming, looked up by the names that
// the archive's documents use. No name from an archive is ever used as a path.
import { readFile } from 'node:fs/promises';
import { invalidArchive } from '../../failure.js';
import { DOCUMENT_MAX_BYTES } from '../documents.js';
import { linkTarget, memberName } from './outerNames.js';

export interface Member {
  readonly file: string;
  readonly sizeBytes: number;
}

const LINKS_FOLLOWED = 4;

export class OuterArchive {
  private readonly members = new Map<string, Member>();
  private readonly links = new Map<string, string>();

  has(name: string): boolean {
    return this.find(name) !== null;
  }

  /** Throws INVALID_ARCHIVE when it is missing. */
  get(name: string): Member {
    const member = this.find(name);
    if (member === null) throw invalidArchive('is missing from the archive', name);
    return member;
  }

  /** A document's bytes. Throws INVALID_ARCHIVE when it is missing or longer than a document may be. */
  async readDocument(name: string): Promise<Buffer> {
    const { file, sizeBytes } = this.get(name);
    if (sizeBytes > DOCUMENT_MAX_BYTES) throw invalidArchive('is too long', name);
    return readFile(file);
  }

  add(name: string, member: Member): void {
    this.members.set(name, member);
  }

  /** Layers that are the same are written once, and linked. `target`: as in the tar; relative to the archive for a hard link. */
  addLink(name: string, target: string, kind: 'symbolic' | 'hard'): void {
    const resolved = linkTarget(kind === 'hard' ? '' : name, target);
    if (resolved !== null) this.links.set(name, resolved);
  }

  private find(name: string): Member | null {
    let current = memberName(name);
    for (let step = 0; step < LINKS_FOLLOWED; step += 1) {
      const member = this.members.get(current);
      if (member !== undefined) return member;
      const target = this.links.get(current);
      if (target === undefined) return null;
      current = target;
    }
    return null;
  }
}
