// The members of an archive of images, as they lie in the staging folder: files of our own naming, looked up by the names that
// the archive's documents use. No name from an archive is ever used as a path.
import { readFile } from 'node:fs/promises';
import { Failure, invalidArchive } from '../../failure.js';
import { DOCUMENT_MAX_BYTES } from '../documents.js';
import { linkTarget, memberName } from './outerNames.js';

export interface Member {
  readonly file: string;
  readonly sizeBytes: number;
}

const LINKS_FOLLOWED = 4;
const MARKERS = ['oci-layout', 'index.json', 'manifest.json'];

export class OuterArchive {
  private readonly members = new Map<string, Member>();
  private readonly links = new Map<string, string>();
  /** By the member's file: each is read once, whatever it is called. */
  private readonly documents = new Map<string, Promise<Buffer>>();
  private documentBytes = 0;

  constructor(
    /** Of all documents that are read. */
    private readonly maxDocumentBytes: number,
    private readonly signal: AbortSignal,
  ) {}

  has(name: string): boolean {
    return this.find(name) !== null;
  }

  /** Whether it has one of the documents that only an archive of images has. */
  hasMarker(): boolean {
    return MARKERS.some((name) => this.members.has(name));
  }

  /** Throws INVALID_ARCHIVE when it is missing. */
  get(name: string): Member {
    const member = this.find(name);
    if (member === null) throw invalidArchive('is missing from the archive', name);
    return member;
  }

  /**
   * A document's bytes. Throws INVALID_ARCHIVE when it is missing or longer than a document may be, LIMIT when all that have been read
   * are too long together, the signal's reason.
   */
  async readDocument(name: string, maxBytes = DOCUMENT_MAX_BYTES): Promise<Buffer> {
    this.signal.throwIfAborted();
    const { file, sizeBytes } = this.get(name);
    if (sizeBytes > maxBytes) throw invalidArchive('is too long', name);
    const document = this.documents.get(file) ?? this.readNew(file, sizeBytes);
    this.documents.set(file, document);
    return document;
  }

  add(name: string, member: Member): void {
    this.members.set(name, member);
  }

  /** Layers that are the same are written once, and linked. `target`: as in the tar; relative to the archive for a hard link. */
  addLink(name: string, target: string, kind: 'symbolic' | 'hard'): void {
    const resolved = linkTarget(kind === 'hard' ? '' : name, target);
    if (resolved !== null) this.links.set(name, resolved);
  }

  private async readNew(file: string, sizeBytes: number): Promise<Buffer> {
    this.documentBytes += sizeBytes;
    if (this.documentBytes > this.maxDocumentBytes) throw new Failure('LIMIT', { reason: 'the documents of the archive are too long together' });
    return readFile(file);
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
