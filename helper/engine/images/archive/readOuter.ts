// Reads the outer archive (an OCI layout or a `docker save`), streamed, into a staging folder. As soon as a member shows that it
// is a root file system, it stops: such a tar is never parsed here any further.
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { errnoName, Failure, invalidArchive } from '../../failure.js';
import { OuterArchive } from './outerArchive.js';
import { isOuterName, memberName } from './outerNames.js';

export interface OuterLimits {
  readonly maxMembers: number;
  /** Of all members together. */
  readonly maxBytes: number;
  readonly maxDocumentBytes: number;
}

export interface OuterSource {
  readonly file: string;
  readonly gzip: boolean;
}

/** Null: it is a root file system. Throws INVALID_ARCHIVE, LIMIT, `signal`'s reason. `onBytes` gets the size of each piece of the file. */
export async function readOuter(
  source: OuterSource,
  folder: string,
  limits: OuterLimits,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<OuterArchive | null> {
  return new OuterReader(folder, limits, signal).read(source, onBytes);
}

const PIECE_BYTES = 256 * 1024;

class OuterReader {
  private readonly archive: OuterArchive;
  /** Aborted as soon as there is nothing more to know: a failure, or a root file system. */
  private readonly enough = new AbortController();
  private readonly signal: AbortSignal;
  private readonly writes: Promise<void>[] = [];
  private failure: unknown = null;
  private isRootFileSystem = false;
  private bytes = 0;
  private entries = 0;

  constructor(
    private readonly folder: string,
    private readonly limits: OuterLimits,
    private readonly cancelled: AbortSignal,
  ) {
    this.archive = new OuterArchive(limits.maxDocumentBytes, cancelled);
    this.signal = AbortSignal.any([cancelled, this.enough.signal]);
  }

  async read(source: OuterSource, onBytes: (bytes: number) => void): Promise<OuterArchive | null> {
    try {
      await feed(source, this.parser(), onBytes, this.signal);
      await Promise.all(this.writes);
    } catch (error) {
      await Promise.allSettled(this.writes);
      if (!this.enough.signal.aborted) this.failure = error;
    }
    this.cancelled.throwIfAborted();
    if (this.isRootFileSystem) return null;
    if (this.failure !== null) throw asInvalidArchive(this.failure);
    if (this.entries === 0) throw invalidArchive('the archive is empty');
    return this.archive;
  }

  private parser(): Parser {
    // `zstd: false`: content that looks like zstd is not a tar; Node 20 could not decompress it.
    const parser = new Parser({ strict: true, zstd: false });
    parser.on('error', (error: unknown) => this.stop(error));
    parser.on('entry', (entry: ReadEntry) => this.onEntry(entry));
    parser.on('ignoredEntry', (entry: ReadEntry) => this.onEntry(entry));
    return parser;
  }

  private onEntry(entry: ReadEntry): void {
    if (this.enough.signal.aborted) return void entry.resume();
    this.entries += 1;
    const name = memberName(entry.path);
    const isKnown = isOuterName(name);
    // Once a document of it has been seen it is an archive of images: what else is in it means nothing.
    this.isRootFileSystem = !isKnown && !this.archive.hasMarker();
    if (this.isRootFileSystem) this.stop(null);
    else if (this.entries > this.limits.maxMembers) this.stop(new Failure('LIMIT', { reason: 'the archive has too many members' }));
    else if (isKnown) this.take(name, entry);
    else entry.resume();
  }

  private take(name: string, entry: ReadEntry): void {
    if (entry.type === 'SymbolicLink') this.archive.addLink(name, entry.linkpath ?? '', 'symbolic');
    if (entry.type === 'Link') this.archive.addLink(name, entry.linkpath ?? '', 'hard');
    if (!isFile(entry)) return void entry.resume();
    this.bytes += entry.size;
    if (this.bytes > this.limits.maxBytes) return this.stop(new Failure('LIMIT', { reason: 'the archive is too big' }));
    const file = path.join(this.folder, `member-${this.entries}`);
    this.archive.add(name, { file, sizeBytes: entry.size });
    const written = pipeline(entry as unknown as AsyncIterable<Buffer>, createWriteStream(file, { flags: 'wx', mode: 0o600 }), { signal: this.signal });
    this.writes.push(written.catch((error: unknown) => this.stop(error)));
  }

  private stop(error: unknown): void {
    if (this.enough.signal.aborted) return;
    this.failure = error;
    this.enough.abort();
  }
}

function isFile(entry: ReadEntry): boolean {
  return entry.type === 'File' || entry.type === 'OldFile' || entry.type === 'ContiguousFile';
}

/** Resolves once the parser has seen all of the archive. */
async function feed({ file, gzip }: OuterSource, parser: Parser, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<void> {
  const count = async function* (pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      onBytes(piece.length);
      yield piece;
    }
  };
  const parse = async (pieces: AsyncIterable<Buffer>): Promise<void> => {
    for await (const piece of pieces) {
      if (!parser.write(piece)) await once(parser, 'drain', { signal });
    }
    const ended = once(parser, 'end', { signal });
    parser.end();
    await ended;
  };
  const bytes = createReadStream(file, { highWaterMark: PIECE_BYTES });
  if (gzip) await pipeline(bytes, count, createGunzip(), parse, { signal });
  else await pipeline(bytes, count, parse, { signal });
}

function asInvalidArchive(error: unknown): unknown {
  const isBroken = /^(TAR_|Z_)/.test(errnoName(error) ?? '');
  return isBroken && error instanceof Error ? invalidArchive(error.message) : error;
}
